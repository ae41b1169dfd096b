/** A run on disk: `runs/<id>/{job.json, events.jsonl, log.txt, metrics.jsonl}` and whatever the job itself keeps there. */
import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { LoupeError } from '../../shared/errors.ts';
import { jobSchema } from '../../shared/schema/job.ts';
import type { Job, JobKind, MetricHistory } from '../../shared/schema/job.ts';

const maxRuns = 10_000;
const maxMetricRows = 20_000;
const maxMetricBytes = 512 * 2 ** 20;

export const jobFolder = (runs: string, id: string): string => join(runs, id);

/** A new run's folder, named by day, kind and number: `2026-11-23_train-1`. */
export function createJobFolder(runs: string, kind: JobKind, now: Date = new Date()): string {
  mkdirSync(runs, { recursive: true });
  for (let n = 1; n <= maxRuns; n++) {
    const id = `${now.toISOString().slice(0, 10)}_${kind}-${n}`;
    try {
      mkdirSync(jobFolder(runs, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new LoupeError('conflict', `${runs} holds ${maxRuns} runs of today: move some away`);
}

export function writeJob(runs: string, job: Job): void {
  writeJsonAtomic(join(jobFolder(runs, job.id), 'job.json'), job);
}

function readJob(runs: string, id: string): Job | null {
  const path = join(jobFolder(runs, id), 'job.json');
  if (!existsSync(path) || statSync(path).size > 16 * 2 ** 20) return null;
  try {
    const parsed = jobSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success && parsed.data.id === id ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Every run whose job.json can be read, oldest first. */
export function readJobs(runs: string): Job[] {
  if (!existsSync(runs)) return [];
  const ids = readdirSync(runs, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const jobs = ids.map((id) => readJob(runs, id)).filter((job) => job !== null);
  return jobs.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

/** One line of `events.jsonl`: what happened to the job, and when. */
export function appendEvent(runs: string, id: string, event: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(jobFolder(runs, id), 'events.jsonl'), `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
}

export function appendLog(runs: string, id: string, line: string): void {
  appendFileSync(join(jobFolder(runs, id), 'log.txt'), `${line}\n`);
}

/** The last `count` lines of the log, read from its last 256 kB. */
export function tailLog(runs: string, id: string, count: number): string[] {
  const path = join(jobFolder(runs, id), 'log.txt');
  if (!existsSync(path)) return [];
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, 256 * 1024));
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8').split('\n').filter((line) => line !== '');
    return (bytes.length < size ? lines.slice(1) : lines).slice(-count);
  } finally {
    closeSync(fd);
  }
}

type Row = ReadonlyMap<string, number>;

function parseRow(line: string): { step: number; row: Row } | null {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    const { step } = value;
    if (typeof step !== 'number') return null;
    const figures = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    return { step, row: new Map(figures) };
  } catch {
    return null; // the half line that a crash left
  }
}

/**
 * The rows of a `metrics.jsonl`, as one float64 tensor [rows, names] in order of steps; the first column is `step`. A step that was
 * done again after a resume counts once, as done last; the rows of one step (its loss, its validation) are one. More than 20,000 rows are
 * thinned evenly, the last one kept.
 */
export function readMetrics(path: string): MetricHistory {
  const text = existsSync(path) && statSync(path).size <= maxMetricBytes ? readFileSync(path, 'utf8') : '';
  const byStep = new Map<number, Row>();
  for (const line of text.split('\n')) {
    const parsed = line === '' ? null : parseRow(line);
    if (parsed !== null) byStep.set(parsed.step, new Map([...(byStep.get(parsed.step) ?? []), ...parsed.row]));
  }
  const steps = [...byStep.keys()].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(steps.length / maxMetricRows));
  const kept = steps.filter((_, i) => i % stride === 0 || i === steps.length - 1);
  const names = [...new Set(['step', ...[...byStep.values()].flatMap((row) => [...row.keys()])])];
  const data = new Float64Array(kept.length * names.length).fill(Number.NaN);
  kept.forEach((step, i) => names.forEach((name, j) => { data[i * names.length + j] = byStep.get(step)!.get(name) ?? Number.NaN; }));
  return { names, values: { dtype: 'float64', shape: [kept.length, names.length], data } };
}

/** The history of a run: its own, that of the training inside a chain of jobs, or the one in the folder of a language model. */
export function jobMetrics(runs: string, { id, kind, config }: Pick<Job, 'id' | 'kind' | 'config'>): MetricHistory {
  if (kind === 'lm-train') return readMetrics(join(String(config['out']), 'metrics.jsonl'));
  const own = join(jobFolder(runs, id), 'metrics.jsonl');
  return readMetrics(existsSync(own) ? own : join(jobFolder(runs, id), 'train', 'metrics.jsonl'));
}
