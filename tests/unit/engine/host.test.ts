import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { engineHost } from '../../../src/engine/host.ts';
import { breathe } from '../../../src/engine/job.ts';
import type { JobContext } from '../../../src/engine/job.ts';
import type { FromEngine, RequestHandlers } from '../../../src/engine/protocol.ts';
import { LoupeError } from '../../../src/shared/errors.ts';

type Runner = (config: { n: number }, context: JobContext) => Promise<Record<string, unknown>>;

function host(run: Runner): { receive: (message: unknown) => void; sent: FromEngine[]; until: (type: FromEngine['type']) => Promise<FromEngine> } {
  const sent: FromEngine[] = [];
  const handlers = { backend: async () => { throw new LoupeError('missing-component', 'none'); } } as unknown as RequestHandlers;
  const schema = z.strictObject({ n: z.number().default(2) });
  const receive = engineHost({ handlers, prepare: async () => {}, loadJob: async () => ({ schema: schema as never, run: run as never }) }, (m) => sent.push(m));
  const until = async (type: FromEngine['type']): Promise<FromEngine> => {
    for (let i = 0; i < 100; i++) {
      const found = sent.find((m) => m.type === type);
      if (found !== undefined) return found;
      await breathe();
    }
    throw new Error(`no ${type} among ${JSON.stringify(sent)}`);
  };
  return { receive, sent, until };
}

const start = (config: Record<string, unknown>): unknown => ({ type: 'start', id: 'j', kind: 'train', config, folder: '/f' });

test('the runner is given the parsed config with its defaults, and its result is sent', async () => {
  const { receive, until } = host(async ({ n }, { folder }) => ({ n, folder }));
  receive(start({}));
  assert.deepEqual(await until('done'), { type: 'done', id: 'j', result: { n: 2, folder: '/f' } });
});

test('a config that is wrong fails the job with the field and the nearest name, before it runs', async () => {
  const { receive, until } = host(async () => assert.fail('ran'));
  receive(start({ N: 1 }));
  const failed = await until('failed');
  assert.ok(failed.type === 'failed' && failed.error.kind === 'bad-config');
  assert.match(failed.error.message, /N: unknown field, did you mean n\?/);
});

test('the last progress comes before the result, and figures are finite or null', async () => {
  const { receive, sent, until } = host(async (_config, context) => {
    for (let step = 1; step <= 3; step++) context.progress({ phase: 'p', step, total: 3, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
    context.metrics(3, { loss: Number.POSITIVE_INFINITY, l0: 2 });
    return {};
  });
  receive(start({}));
  await until('done');
  const steps = sent.flatMap((m) => (m.type === 'progress' ? [m.progress.step] : []));
  assert.deepEqual(steps, [1, 3]);
  assert.equal(sent.at(-1)?.type, 'done');
  assert.deepEqual(sent.find((m) => m.type === 'metrics'), { type: 'metrics', id: 'j', step: 3, row: { loss: null, l0: 2 } });
});

test('an abort reaches the signal of its job with kind cancelled; one for a job that has ended does nothing', async () => {
  const { receive, until } = host(async (_config, { signal }) => {
    for (;;) {
      await breathe();
      signal.throwIfAborted();
    }
  });
  receive({ type: 'abort', id: 'j', reason: 'pause' });
  receive(start({}));
  await breathe();
  receive({ type: 'abort', id: 'j', reason: 'pause' });
  const failed = await until('failed');
  assert.ok(failed.type === 'failed' && failed.error.kind === 'cancelled');
});

test('requests are answered with a typed error, pings with a pong', async () => {
  const { receive, until } = host(async () => ({}));
  receive({ type: 'request', sequence: 4, name: 'backend', input: {} });
  assert.deepEqual(await until('error'), { type: 'error', sequence: 4, error: { kind: 'missing-component', message: 'none' } });
  receive({ type: 'ping', sequence: 5 });
  assert.deepEqual(await until('pong'), { type: 'pong', sequence: 5 });
});
