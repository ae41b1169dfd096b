/** What a long piece of work is given, whoever runs it: the engine process for the studio, or the command line directly. */
import type { Progress } from '../shared/schema/job.ts';

export interface JobContext {
  /** Aborted when the job is cancelled or paused: the job writes its checkpoint and throws LoupeError('cancelled') within one step. */
  readonly signal: AbortSignal;
  /** Where the job may keep its own files (checkpoints, metrics.jsonl); survives restarts. */
  readonly folder: string;
  /** Rate-limited by the receiver; call it each step. */
  readonly progress: (progress: Progress) => void;
  /** A row of the run's history, kept in metrics.jsonl by the job itself and shown live. */
  readonly metrics: (step: number, row: Readonly<Record<string, number>>) => void;
  readonly log: (line: string) => void;
}

/** A job is a function from its parsed config to a JSON-able result. Run again in the same folder, it resumes. */
export type JobRunner<Config> = (config: Config, context: JobContext) => Promise<Record<string, unknown>>;

/**
 * To be awaited between the steps of a job: lets messages in (the abort, above all) and lets what was reported out.
 * A promise that is already resolved would not do: the event loop turns only at a macrotask.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
