/** Which studies there are, which are shown, and what of that stands in the address. Pure. */
import type { Job } from '../../../../shared/schema/job.ts';

/** As many as there are colours. */
export const mostStudies = 4;

export interface Choice {
  /** Run of the study of the model itself. */
  readonly run: string | null;
  /** Runs of others in the same charts. */
  readonly beside: readonly string[];
  readonly layer: number;
}

/** Studies of every model, the newest first. */
export function studyJobs(jobs: readonly Job[]): Job[] {
  return jobs.filter(({ kind }) => kind === 'lm-sparsity').toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

export function jobsOfModel(jobs: readonly Job[], path: string): Job[] {
  return studyJobs(jobs).filter(({ config }) => config['model'] === path);
}

export function readChoice(query: Readonly<Record<string, string>>, own: readonly Job[]): Choice {
  const asked = query['run'];
  const run = own.find(({ id }) => id === asked)?.id ?? own.find(({ state }) => state === 'done')?.id ?? own[0]?.id ?? null;
  const beside = (query['with'] ?? '').split(',').filter((id) => id !== '' && id !== run);
  const layer = Number(query['layer']);
  return { run, beside: [...new Set(beside)].slice(0, mostStudies - 1), layer: Number.isInteger(layer) && layer >= 0 ? layer : 0 };
}

export function choiceQuery({ run, beside, layer }: Choice): Record<string, string> {
  return { ...(run === null ? {} : { run }), ...(beside.length === 0 ? {} : { with: beside.join(',') }), ...(layer === 0 ? {} : { layer: String(layer) }) };
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter((part) => part !== '').at(-1) ?? path;
}

/** "small-moe, wordnet": names that tell studies apart, with the run's where that would not. */
export function studyNames(jobs: readonly Job[]): Map<string, string> {
  const short = (job: Job): string => {
    const data = job.config['data'];
    return `${baseName(String(job.config['model'] ?? ''))}${job.config['untrained'] === true ? ' at its start' : ''}, ${typeof data === 'string' ? baseName(data) : 'validation'}`;
  };
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(short(job), (counts.get(short(job)) ?? 0) + 1);
  return new Map(jobs.map((job) => [job.id, counts.get(short(job))! > 1 ? `${short(job)} (${job.id})` : short(job)]));
}
