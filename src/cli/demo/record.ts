/** The demo as a run of the workspace: the studio shows its curves and log like those of any other, and can resume it. */
import { mkdirSync } from 'node:fs';
import { jobFolder, appendLog, writeJob } from '../../main/jobs/folder.ts';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import type { Job } from '../../shared/schema/job.ts';

export interface Recording {
  readonly id: string;
  readonly title: string;
  readonly log: (line: string) => void;
}

function endedBadly(error: unknown): Partial<Job> {
  const { detail, ...body } = toErrorBody(error);
  const stopped = error instanceof LoupeError && error.kind === 'cancelled';
  return { state: stopped ? 'interrupted' : 'failed', error: stopped ? null : { ...body, ...(detail === undefined ? {} : { detail }) } };
}

/** Does `work` and keeps its state in `runs/<id>/job.json`; `work` gets the folder and a log that the run keeps too. */
export async function recorded<T extends Record<string, unknown>>(
  runs: string, { id, title, log }: Recording, work: (folder: string, log: (line: string) => void) => Promise<T>,
): Promise<T> {
  mkdirSync(jobFolder(runs, id), { recursive: true });
  const now = (): string => new Date().toISOString();
  const job: Job = {
    id, kind: 'demo', title, state: 'running', config: {}, createdAt: now(), startedAt: now(), endedAt: null, progress: null, error: null, result: null,
  };
  const keep = (change: Partial<Job>): void => writeJob(runs, { ...job, ...change, endedAt: now() });
  writeJob(runs, job);
  try {
    const result = await work(jobFolder(runs, id), (line) => {
      appendLog(runs, id, line);
      log(line);
    });
    keep({ state: 'done', result });
    return result;
  } catch (error) {
    keep(endedBadly(error));
    throw error;
  }
}
