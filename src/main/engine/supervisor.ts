/** Starts the engine process, talks to it, watches it, and starts it again when it ends unasked. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { openChannel } from '../../engine/channel.ts';
import type { Channel } from '../../engine/channel.ts';
import { fromEngineSchema, requests } from '../../engine/protocol.ts';
import type { EngineJobKind, FromEngine, RequestInput, RequestName, RequestOutput, ToEngine } from '../../engine/protocol.ts';
import { LoupeError, fromErrorBody } from '../../shared/errors.ts';
import type { Progress } from '../../shared/schema/job.ts';
import { linesOf } from './lines.ts';

export type EngineState = 'stopped' | 'starting' | 'ready' | 'busy' | 'crashed';

/** Where the reports of one job go. */
export interface JobSink {
  readonly progress: (progress: Progress) => void;
  readonly metrics: (step: number, row: Readonly<Record<string, number | null>>) => void;
  readonly log: (line: string) => void;
}

export interface SupervisorOptions {
  /** The Node that runs the engine, its entry file, and its environment. */
  readonly execPath: string;
  readonly entry: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onState?: (state: EngineState) => void;
  /** Pauses before the 1st, 2nd... restart after crashes in a row, in ms; after the last the engine stays down until asked for. */
  readonly backOff?: readonly number[];
  /** How long a job may take to stop before the engine is killed, in ms. */
  readonly abortGrace?: number;
}

interface RunningJob {
  readonly sink: JobSink;
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: LoupeError) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: LoupeError) => void;
}

interface Engine {
  readonly child: ChildProcess;
  readonly channel: Channel;
  readonly ready: Promise<void>;
  readonly startedAt: number;
}

const keptLines = 40;
/** An engine that ran this long before it crashed, in ms, does not count as crashing in a row. */
const steady = 60_000;

export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  #state: EngineState = 'stopped';
  #engine: Engine | null = null;
  #sequence = 0;
  #crashes = 0;
  #restart: NodeJS.Timeout | null = null;
  #stopping = false;
  #onReady: () => void = () => {};
  readonly #pending = new Map<number, Pending>();
  readonly #jobs = new Map<string, RunningJob>();
  readonly #lastLines: string[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** The process id of the engine, or undefined while there is none. */
  get pid(): number | undefined {
    return this.#engine?.child.pid;
  }

  /** Resolves when the engine is there; starts it when it is not. Kind engine-lost when it ends before it is ready. */
  async start(): Promise<void> {
    if (this.#stopping) throw new LoupeError('disposed', 'the engine has been stopped with its workspace');
    this.#engine ??= this.#spawn();
    await this.#engine.ready;
  }

  /** Round trip to the engine's event loop in ms; it waits for the step that is running. */
  async ping(): Promise<number> {
    const from = performance.now();
    await this.#ask((sequence) => ({ type: 'ping', sequence }));
    return performance.now() - from;
  }

  async request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<RequestOutput<N>> {
    const output = await this.#ask((sequence) => ({ type: 'request', sequence, name, input }));
    return requests[name].output.parse(output) as RequestOutput<N>;
  }

  /**
   * Runs a job to its end in the engine and gives its result. When `signal` is aborted (its reason is 'pause' or 'cancel') the job
   * writes its checkpoint and this rejects with kind cancelled; a job that does not stop in time takes the engine with it.
   */
  async runJob(id: string, kind: EngineJobKind, config: Record<string, unknown>, folder: string, sink: JobSink, signal: AbortSignal): Promise<Record<string, unknown>> {
    await this.start();
    signal.throwIfAborted();
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#send({ type: 'abort', id, reason: signal.reason === 'pause' ? 'pause' : 'cancel' });
      grace = setTimeout(() => this.#engine?.child.kill('SIGKILL'), this.#options.abortGrace ?? 60_000);
    };
    const finished = new Promise<Record<string, unknown>>((resolve, reject) => this.#jobs.set(id, { sink, resolve, reject }));
    signal.addEventListener('abort', abort, { once: true });
    this.#enter('busy');
    this.#send({ type: 'start', id, kind, config, folder });
    try {
      return await finished;
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0 && this.#state === 'busy') this.#enter('ready');
    }
  }

  /** Ends the engine for good. A job that is running is lost; stop it first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const engine = this.#engine;
    if (engine === null) return this.#enter('stopped');
    const exited = new Promise<void>((resolve) => engine.child.once('close', () => resolve()));
    engine.channel.close();
    const kill = setTimeout(() => engine.child.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(kill);
  }

  #spawn(): Engine {
    this.#enter('starting');
    this.#lastLines.length = 0;
    // Deprecation warnings of the tensor runtime would be the last lines that a user sees of a crash.
    const child = spawn(this.#options.execPath, ['--no-deprecation', this.#options.entry], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env: this.#options.env ?? process.env, windowsHide: true,
    });
    const ready = new Promise<void>((resolve, reject) => {
      this.#onReady = resolve;
      child.once('error', (error) => reject(new LoupeError('engine-lost', `the engine cannot be started with ${this.#options.execPath}: ${error.message}`)));
      child.once('close', () => reject(this.#lost('the engine ended before it was ready')));
    });
    ready.catch(() => {});
    const channel = openChannel(child.stdio[3] as Duplex, (message) => this.#receive(message), () => {});
    for (const stream of [child.stdout, child.stderr]) linesOf(stream as Readable, (line) => this.#chatter(line));
    // 'close' comes after 'exit', when everything the engine wrote has been read.
    child.once('error', () => this.#ended(child));
    child.once('close', () => this.#ended(child));
    return { child, channel, ready, startedAt: performance.now() };
  }

  #send(message: ToEngine): void {
    this.#engine?.channel.send(message);
  }

  async #ask(message: (sequence: number) => ToEngine): Promise<unknown> {
    await this.start();
    const sequence = this.#sequence++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(sequence, { resolve, reject }));
    this.#send(message(sequence));
    return answer.finally(() => this.#pending.delete(sequence));
  }

  #receive(raw: unknown): void {
    const parsed = fromEngineSchema.safeParse(raw);
    if (!parsed.success) return this.#chatter(`the engine sent something that is no message: ${parsed.error.message}`);
    const message = parsed.data;
    if (message.type === 'ready') {
      this.#enter('ready');
      return this.#onReady();
    }
    if ('sequence' in message) return this.#settle(message);
    this.#report(message);
  }

  #settle(message: Extract<FromEngine, { sequence: number }>): void {
    const pending = this.#pending.get(message.sequence);
    if (message.type === 'error') pending?.reject(fromErrorBody(message.error));
    else pending?.resolve(message.type === 'result' ? message.output : undefined);
  }

  #report(message: Extract<FromEngine, { id: string }>): void {
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.type === 'progress') job.sink.progress(message.progress);
    else if (message.type === 'metrics') job.sink.metrics(message.step, message.row);
    else if (message.type === 'log') job.sink.log(message.line);
    else if (message.type === 'done') {
      this.#crashes = 0;
      job.resolve(message.result);
    } else job.reject(fromErrorBody(message.error));
  }

  /** What the engine's process prints belongs to the log of the job that runs. */
  #chatter(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > keptLines) this.#lastLines.shift();
    for (const job of this.#jobs.values()) job.sink.log(line);
  }

  #lost(message: string): LoupeError {
    return new LoupeError('engine-lost', message, this.#lastLines.join('\n') || undefined);
  }

  #ended(child: ChildProcess): void {
    const engine = this.#engine;
    if (engine?.child !== child) return;
    this.#engine = null;
    if (performance.now() - engine.startedAt > steady) this.#crashes = 0;
    const { exitCode, signalCode } = engine.child;
    engine.channel.close();
    const how = signalCode === null ? `status ${exitCode}` : `signal ${signalCode}`;
    const error = this.#lost(`the engine process ended (${how}); what ran since the last checkpoint is lost, the job can be resumed`);
    for (const waiting of [...this.#pending.values(), ...this.#jobs.values()]) waiting.reject(error);
    if (this.#stopping) return this.#enter('stopped');
    this.#enter('crashed');
    this.#scheduleRestart();
  }

  #scheduleRestart(): void {
    const pause = (this.#options.backOff ?? [250, 1000, 4000, 15_000])[this.#crashes++];
    if (pause === undefined) {
      this.#crashes = 0;
      return;
    }
    this.#restart = setTimeout(() => {
      this.#restart = null;
      this.start().catch(() => {});
    }, pause);
  }

  #enter(state: EngineState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}
