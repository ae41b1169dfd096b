/** What a job's kind and state are called, and what may be done with it. Pure. */
import type { Job, JobKind, JobState } from '../../../shared/schema/job.ts';
import { compact, count } from '../format/number.ts';
import { duration } from '../format/time.ts';

export const kindTitles: Readonly<Record<JobKind, string>> = { harvest: 'Harvest', train: 'Training', sweep: 'Sweep', 'lm-train': 'Model training', 'lm-sparsity': 'Sparsity study', 'lm-experts': 'Experts', 'lm-purge': 'Purge', 'catalog-build': 'Catalog build', embed: 'Embedding', map: 'Map', demo: 'Sample', label: 'Labelling', export: 'Export', import: 'Import', compare: 'Comparison' };

type Tone = 'plain' | 'accent' | 'ok' | 'warn' | 'error';

export const states: Readonly<Record<JobState, { readonly title: string; readonly tone: Tone }>> = {
  queued: { title: 'queued', tone: 'plain' },
  running: { title: 'running', tone: 'accent' },
  pausing: { title: 'pausing', tone: 'accent' },
  paused: { title: 'paused', tone: 'warn' },
  cancelled: { title: 'cancelled', tone: 'plain' },
  failed: { title: 'failed', tone: 'error' },
  done: { title: 'done', tone: 'ok' },
  interrupted: { title: 'interrupted', tone: 'warn' },
};

/** A failed or cancelled job keeps its last checkpoint, so it can be resumed as well. */
export function mayPause(state: JobState): boolean {
  return state === 'running' || state === 'queued';
}

export function mayResume(state: JobState): boolean {
  return state === 'paused' || state === 'interrupted' || state === 'failed';
}

export function mayCancel(state: JobState): boolean {
  return state === 'running' || state === 'queued' || state === 'paused' || state === 'interrupted';
}

/** "step 300 of 600, 12.4 k tokens/s, 3 min 20 s left" */
export function progressText(job: Job): string {
  const progress = job.progress;
  if (progress === null) return job.state === 'queued' ? 'waits for the job before it' : '';
  const parts = [progress.total > 0 ? `${progress.phase}: ${count(progress.step)} of ${count(progress.total)}` : progress.phase];
  if (job.state === 'running') {
    if (progress.tokensPerSecond !== null) parts.push(`${compact(progress.tokensPerSecond)} tokens/s`);
    if (progress.etaSeconds !== null) parts.push(`${duration(progress.etaSeconds)} left`);
  }
  return parts.join(', ');
}

/** 0 to 1; 1 for a job that is done; null where it cannot be known. */
export function progressShare(job: Job): number | null {
  if (job.state === 'done') return 1;
  const progress = job.progress;
  return progress === null || progress.total === 0 ? null : Math.min(1, progress.step / progress.total);
}
