/** The threads that hold catalogs: one that writes, two that read, and short-lived ones for long work. Shared by all open catalogs. */
import { Worker } from 'node:worker_threads';
import { entryPath } from '../../engine/entry.ts';
import { LoupeError, fromErrorBody } from '../../shared/errors.ts';
import type { AloneMethod, Method, MethodInput, MethodOutput, Partway, ReadMethod, Reply, Request, WriteMethod } from './types.ts';

const slowMilliseconds = 40;
let logSlow: (line: string) => void = (line) => console.warn(line);

/** Where queries that took longer than 40 ms are reported; by default on stderr. */
export function setSlowQueryLog(log: (line: string) => void): void {
  logSlow = log;
}

/** Methods that are long by nature: their time says nothing. */
const unhurried: ReadonlySet<string> = new Set(['prepare', 'beginBuild', 'addContexts', 'addChunk', 'endBuild', 'create', 'verify', 'copy', 'close', 'merge', 'previewMerge', 'inspect', 'overlap', 'compare.suggest', 'undoMerge', 'labelTargets', 'guessLabels', 'addGuesses', 'scoreSummary', 'explore.staleTexts', 'explore.addDirections', 'explore.neighbours', 'exportEstimate']);

interface Waiting {
  readonly what: string;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly report: ((share: number) => void) | undefined;
}

class Thread {
  #worker: Worker | null = null;
  #seq = 0;
  readonly #waiting = new Map<number, Waiting>();

  get load(): number {
    return this.#waiting.size;
  }

  get started(): boolean {
    return this.#worker !== null;
  }

  send(method: Method | 'close', path: string, input: unknown, report?: (share: number) => void): Promise<unknown> {
    const worker = this.#worker ??= this.#start();
    const seq = this.#seq++;
    worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { what: `${method} ${path}`, resolve, reject, report });
      worker.postMessage({ seq, method, path, input } as Request);
    });
  }

  /** Starts the thread before somebody waits for it; an idle one keeps no process alive. */
  warm(): void {
    if (this.#worker !== null) return;
    this.#worker = this.#start();
    this.#worker.unref();
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(entryPath('catalog-worker'), { execArgv: [] });
    worker.on('message', (reply: Reply | Partway) => {
      if ('share' in reply) this.#waiting.get(reply.seq)?.report?.(reply.share);
      else this.#settle(worker, reply);
    });
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the catalog thread ended with status ${code}`)));
    return worker;
  }

  #settle(worker: Worker, reply: Reply): void {
    const waiting = this.#waiting.get(reply.seq);
    this.#waiting.delete(reply.seq);
    // An idle thread keeps no process alive.
    if (this.#waiting.size === 0) worker.unref();
    if (waiting === undefined) return;
    if (reply.milliseconds > slowMilliseconds && !waiting.what.startsWith('warm ') && !unhurried.has(waiting.what.split(' ')[0]!)) logSlow(`slow catalog query: ${waiting.what} took ${reply.milliseconds.toFixed(0)} ms`);
    if (reply.ok) waiting.resolve(reply.output);
    else waiting.reject(fromErrorBody(reply.error));
  }

  /** The next request starts a new thread, which opens its files again. */
  #lost(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = null;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { what, reject } of lost) reject(new LoupeError('defect', `the catalog thread broke off during ${what}. Try again.`, error.stack));
  }
}

const writer = new Thread();
const readers: readonly Thread[] = [new Thread(), new Thread()];

export function write<M extends WriteMethod>(path: string, method: M, input: MethodInput<M>): Promise<MethodOutput<M>> {
  return writer.send(method, path, input) as Promise<MethodOutput<M>>;
}

/** Goes to the reader with the least to do; the second is started only when the first is busy. */
export function read<M extends ReadMethod>(path: string, method: M, input: MethodInput<M>): Promise<MethodOutput<M>> {
  const thread = readers.reduce((best, candidate) => (candidate.load < best.load ? candidate : best));
  return thread.send(method, path, input) as Promise<MethodOutput<M>>;
}

export interface AloneWatch {
  /** Aborted, the thread ends wherever it is. For methods that only read. */
  readonly signal?: AbortSignal;
  readonly report?: (share: number) => void;
}

/** Kind cancelled when the signal was aborted. */
export async function runAlone<M extends AloneMethod>(path: string, method: M, input: MethodInput<M>, { signal, report }: AloneWatch = {}): Promise<MethodOutput<M>> {
  const aborted = (): boolean => signal?.aborted === true;
  const cancelled = (): LoupeError => new LoupeError('cancelled', `${method} of ${path} was stopped. Run it again to have its result.`);
  if (aborted()) throw cancelled();
  const thread = new Thread();
  const end = (): void => void thread.stop();
  signal?.addEventListener('abort', end);
  try {
    return await thread.send(method, path, input, report) as MethodOutput<M>;
  } catch (error) {
    throw aborted() ? cancelled() : error;
  } finally {
    signal?.removeEventListener('abort', end);
    await thread.stop();
  }
}

/** A thread for one piece of long reading, which leaves the readers of the window free. */
export interface OwnThread {
  ask<M extends ReadMethod>(path: string, method: M, input: MethodInput<M>): Promise<MethodOutput<M>>;
  stop(): Promise<void>;
}

export function ownThread(): OwnThread {
  const thread = new Thread();
  return {
    ask: <M extends ReadMethod>(path: string, method: M, input: MethodInput<M>) => thread.send(method, path, input) as Promise<MethodOutput<M>>,
    stop: () => thread.stop(),
  };
}

/** Starts the threads that opening a catalog needs: loading their code takes most of a second, which nobody should wait for. */
export function warmThreads(): void {
  writer.warm();
  readers[0]!.warm();
}

/** Ends every connection to `path`. */
export async function closeEverywhere(path: string): Promise<void> {
  await Promise.all([writer, ...readers].filter((thread) => thread.started).map((thread) => thread.send('close', path, null)));
}

/** Ends all threads; for tests and for the end of a process. */
export async function stopThreads(): Promise<void> {
  await Promise.all([writer, ...readers].map((thread) => thread.stop()));
}
