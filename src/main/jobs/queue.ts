/** The jobs of a workspace: one at a time, each in its folder, over restarts of the engine and of the program. */
import { coalesce } from '../../engine/coalesce.ts';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import type { ErrorBody } from '../../shared/errors.ts';
import type { Job, JobKind, JobState, MetricHistory, Progress } from '../../shared/schema/job.ts';
import type { JobSink } from '../engine/supervisor.ts';
import { appendEvent, appendLog, createJobFolder, jobFolder, jobMetrics, readJobs, tailLog, writeJob } from './folder.ts';

export type JobConfig = Readonly<Record<string, unknown>>;

/** Does the work of one job in `folder`; run again there, it resumes. Rejects with kind cancelled soon after `signal` is aborted. */
export type RunJob = (job: Job, folder: string, sink: JobSink, signal: AbortSignal) => Promise<Record<string, unknown>>;

export interface QueueEvents {
  readonly changed: (job: Job) => void;
  readonly progress: (id: string, progress: Progress) => void;
  readonly metrics: (id: string, step: number, row: Readonly<Record<string, number | null>>) => void;
}

type Intent = 'pause' | 'cancel' | 'close';

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
  intent: Intent | null;
}

const stoppedState: Readonly<Record<Intent, JobState>> = { pause: 'paused', cancel: 'cancelled', close: 'interrupted' };
const resumable: readonly JobState[] = ['paused', 'interrupted', 'failed', 'cancelled'];
/** `job.json` is written at each change of state; events.jsonl keeps a report each so many ms between. */
const reportInterval = 5000;

export class JobQueue {
  readonly #runs: string;
  readonly #run: RunJob;
  readonly #events: QueueEvents;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: string[] = [];
  #running: Running | null = null;
  #closed = false;

  /** Reads the runs of before: what was running when the program ended is interrupted, what was waiting waits again. */
  constructor(runs: string, run: RunJob, events: QueueEvents) {
    this.#runs = runs;
    this.#run = run;
    this.#events = events;
    for (const job of readJobs(runs)) {
      this.#jobs.set(job.id, job);
      if (job.state === 'running' || job.state === 'pausing') this.#change(job.id, { state: 'interrupted', endedAt: new Date().toISOString() });
      if (job.state === 'queued') this.#waiting.push(job.id);
    }
    queueMicrotask(() => this.#pump());
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new LoupeError('not-found', `id: there is no run "${id}"`);
    return job;
  }

  start(kind: JobKind, title: string, config: JobConfig): string {
    if (this.#closed) throw new LoupeError('disposed', 'the workspace is closing: no job can be started');
    const id = createJobFolder(this.#runs, kind);
    const job: Job = {
      id, kind, title, state: 'queued', config: { ...config }, createdAt: new Date().toISOString(),
      startedAt: null, endedAt: null, progress: null, error: null, result: null,
    };
    this.#jobs.set(id, job);
    this.#enqueue(id);
    return id;
  }

  pause(id: string): void {
    this.#stop(id, 'pause', ['queued', 'running', 'pausing']);
  }

  cancel(id: string): void {
    this.#stop(id, 'cancel', ['queued', 'running', 'pausing', 'paused', 'interrupted', 'failed']);
  }

  resume(id: string): void {
    const { state } = this.get(id);
    if (!resumable.includes(state)) throw new LoupeError('conflict', `id: the run "${id}" is ${state}: only a stopped run can be resumed`);
    this.#enqueue(id);
  }

  /** Leaves a run out of the list, before its folder moves away; a folder that is no run is none in the list. Kind conflict while it is under way. */
  forget(id: string): void {
    const state = this.#jobs.get(id)?.state;
    if (state === 'queued' || state === 'running' || state === 'pausing') throw new LoupeError('conflict', `id: the run "${id}" is ${state}: cancel it first`);
    this.#jobs.delete(id);
  }

  /** Takes a run into the list whose folder has come back; one that cannot be read stays out. */
  adopt(id: string): void {
    const job = readJobs(this.#runs).find((candidate) => candidate.id === id);
    if (job === undefined || this.#jobs.has(id)) return;
    const inOrder = [...this.#jobs.values(), job].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    this.#jobs.clear();
    for (const each of inOrder) this.#jobs.set(each.id, each);
  }

  metrics(id: string): MetricHistory {
    return jobMetrics(this.#runs, this.get(id));
  }

  log(id: string, tail: number): string[] {
    return tailLog(this.#runs, this.get(id).id, tail);
  }

  /** Stops what runs (it is interrupted, and can be resumed) and waits for it; what waits stays in the queue on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running === null) return;
    this.#running.intent ??= 'close';
    this.#running.abort.abort('pause');
    await this.#running.finished;
  }

  #stop(id: string, intent: 'pause' | 'cancel', from: readonly JobState[]): void {
    const { state } = this.get(id);
    if (!from.includes(state)) throw new LoupeError('conflict', `id: the run "${id}" is ${state}: it cannot be ${intent === 'pause' ? 'paused' : 'cancelled'}`);
    const running = this.#running;
    if (running?.id === id) {
      running.intent = intent;
      if (state !== 'pausing') this.#change(id, { state: 'pausing' });
      running.abort.abort(intent);
      return;
    }
    const place = this.#waiting.indexOf(id);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#change(id, { state: stoppedState[intent], endedAt: new Date().toISOString() });
  }

  #enqueue(id: string): void {
    this.#change(id, { state: 'queued', endedAt: null, error: null });
    this.#waiting.push(id);
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    if (this.#running !== null || this.#closed) return;
    const id = this.#waiting.shift();
    if (id === undefined) return;
    const running: Running = { id, abort: new AbortController(), intent: null, finished: this.#execute(id, () => running) };
    this.#running = running;
  }

  async #execute(id: string, self: () => Running): Promise<void> {
    await Promise.resolve();
    const { push, flush } = coalesce((progress) => this.#report(id, progress));
    let lastLine: string | null = null;
    const sink: JobSink = {
      progress: (progress) => push({ ...progress, message: progress.message ?? lastLine }),
      metrics: (step, row) => this.#events.metrics(id, step, row),
      log: (line) => {
        lastLine = line;
        this.#guarded(() => appendLog(this.#runs, id, line));
      },
    };
    this.#change(id, { state: 'running', startedAt: new Date().toISOString(), endedAt: null });
    let outcome: Partial<Job>;
    try {
      const result = await this.#run(this.get(id), jobFolder(this.#runs, id), sink, self().abort.signal);
      outcome = { state: 'done', result, error: null };
    } catch (error) {
      outcome = this.#stopped(error, self().intent);
    }
    flush();
    this.#running = null;
    this.#change(id, { ...outcome, endedAt: new Date().toISOString() });
    queueMicrotask(() => this.#pump());
  }

  /** A job that was told to stop has stopped, whatever it threw at that; an engine that fell over leaves a job to be resumed. */
  #stopped(thrown: unknown, intent: Intent | null): Partial<Job> {
    const error: ErrorBody = thrown === 'pause' || thrown === 'cancel' ? { kind: 'cancelled', message: 'stopped by request' } : toErrorBody(thrown);
    if (intent !== null && (error.kind === 'cancelled' || intent !== 'pause')) return { state: stoppedState[intent], error: null };
    if (error.kind === 'engine-lost' || error.kind === 'cancelled') return { state: 'interrupted', error };
    return { state: 'failed', error };
  }

  #lastReport = 0;

  #report(id: string, progress: Progress): void {
    this.#jobs.set(id, { ...this.get(id), progress });
    this.#events.progress(id, progress);
    const now = performance.now();
    if (now - this.#lastReport < reportInterval) return;
    this.#lastReport = now;
    this.#guarded(() => appendEvent(this.#runs, id, { event: 'progress', progress }));
  }

  #change(id: string, change: Partial<Job>): void {
    const job = { ...this.get(id), ...change };
    this.#jobs.set(id, job);
    this.#guarded(() => {
      writeJob(this.#runs, job);
      if (change.state !== undefined) appendEvent(this.#runs, id, { event: job.state, ...(job.error === null ? {} : { error: job.error }) });
    });
    this.#events.changed(job);
  }

  /** A full disk must not end the program that shows it: the job goes on, its record is written at the next change. */
  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      console.error(`a run's record cannot be written: ${(error as Error).message}`);
    }
  }
}
