/** The engine's side of the protocol: answers requests, runs jobs, reports. The process around it is process.ts. */
import { LoupeError, toErrorBody } from '../shared/errors.ts';
import { coalesce } from './coalesce.ts';
import { parseConfig } from './config-issues.ts';
import { placeError } from './files/place-errors.ts';
import type { JobContext } from './job.ts';
import type { EngineJob } from './jobs.ts';
import { requests, toEngineSchema } from './protocol.ts';
import type { EngineJobKind, FromEngine, RequestHandlers, RequestName, ToEngine } from './protocol.ts';

export interface EngineParts {
  readonly handlers: RequestHandlers;
  readonly loadJob: (kind: EngineJobKind) => Promise<EngineJob>;
  /** Awaited before the first job: registers the tensor backend. */
  readonly prepare: () => Promise<unknown>;
}

type Send = (message: FromEngine) => void;
type StartMessage = Extract<ToEngine, { type: 'start' }>;

function jobContext(id: string, folder: string, signal: AbortSignal, send: Send): { context: JobContext; flush: () => void } {
  const { push, flush } = coalesce((progress) => send({ type: 'progress', id, progress }));
  const context: JobContext = {
    signal, folder,
    progress: push,
    metrics: (step, row) => {
      const finite = Object.entries(row).map(([name, value]) => [name, Number.isFinite(value) ? value : null]);
      send({ type: 'metrics', id, step, row: Object.fromEntries(finite) });
    },
    log: (line) => send({ type: 'log', id, line }),
  };
  return { context, flush };
}

async function answer(parts: EngineParts, name: RequestName, input: unknown): Promise<unknown> {
  const parsed = requests[name].input.safeParse(input);
  if (!parsed.success) throw new LoupeError('bad-request', `${name}: ${parsed.error.message}`);
  const handler = parts.handlers[name] as (value: unknown) => Promise<unknown>;
  return handler(parsed.data);
}

/** Handles one message from main after another; what it returns is called with each. */
export function engineHost(parts: EngineParts, send: Send): (message: unknown) => void {
  const running = new Map<string, AbortController>();

  async function start({ id, kind, config, folder }: StartMessage): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    const { context, flush } = jobContext(id, folder, abort.signal, send);
    try {
      const { schema, run } = await parts.loadJob(kind);
      const parsed = parseConfig(schema, config);
      await parts.prepare();
      const result = await run(parsed, context);
      flush();
      send({ type: 'done', id, result });
    } catch (error) {
      flush();
      send({ type: 'failed', id, error: toErrorBody(placeError(error, folder)) });
    } finally {
      running.delete(id);
    }
  }

  return (raw) => {
    const message = toEngineSchema.parse(raw);
    switch (message.type) {
      case 'ping':
        return send({ type: 'pong', sequence: message.sequence });
      case 'request':
        return void answer(parts, message.name, message.input).then(
          (output) => send({ type: 'result', sequence: message.sequence, output }),
          (error: unknown) => send({ type: 'error', sequence: message.sequence, error: toErrorBody(error) }),
        );
      case 'start':
        return void start(message);
      case 'abort':
        return running.get(message.id)?.abort(new LoupeError('cancelled', `stopped by request (${message.reason})`));
    }
  };
}
