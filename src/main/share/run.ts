/** Exports and imports as jobs: the work is a thread's, main only hears how far it is. */
import { Worker } from 'node:worker_threads';
import { entryPath } from '../../engine/entry.ts';
import type { JobContext } from '../../engine/job.ts';
import { LoupeError, fromErrorBody } from '../../shared/errors.ts';
import { exportConfigSchema } from '../../shared/schema/export.ts';
import type { ExportConfig } from '../../shared/schema/export.ts';
import { importConfigSchema } from '../../shared/schema/import.ts';
import type { ImportConfig } from '../../shared/schema/import.ts';
import { parseConfig } from '../../engine/config-issues.ts';
import { openCatalog } from '../catalog/client.ts';
import type { ShareReport, ShareTask, ShareTaskData } from './task.ts';

export type ShareContext = Pick<JobContext, 'signal' | 'progress'>;

/** How long a thread that was told to stop may take, ms, before it is ended. It looks several times a second. */
const patience = 10_000;

/** Turns steps into progress with an estimate of the time left, from how long the phase has taken. */
function progressOf(context: ShareContext): (report: Extract<ShareReport, { type: 'step' }>) => void {
  let phase = '';
  let start = 0;
  return ({ phase: name, done, total }) => {
    const now = performance.now();
    if (name !== phase) [phase, start] = [name, now];
    const seconds = (now - start) / 1000;
    const etaSeconds = done > 0 && seconds > 1 ? (seconds * (total - done)) / done : null;
    context.progress({ phase: name, step: done, total, tokensPerSecond: null, etaSeconds, metrics: {}, message: null });
  };
}

/** Runs a task in a thread of its own. Rejects with the task's own kind, cancelled soon after the signal; nothing partial is left. */
export async function runShareTask(task: ShareTask, context: ShareContext): Promise<Record<string, unknown>> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(entryPath('share-worker'), { execArgv: [], workerData: { task, stop } satisfies ShareTaskData });
  const show = progressOf(context);
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    Atomics.store(stop, 0, 1);
    timer = setTimeout(() => void worker.terminate(), patience);
  };
  if (context.signal.aborted) abort();
  context.signal.addEventListener('abort', abort);
  try {
    return await new Promise<Record<string, unknown>>((resolve, reject) => {
      worker.on('message', (report: ShareReport) => {
        if (report.type === 'step') show(report);
        else if (report.type === 'done') resolve(report.result);
        else reject(fromErrorBody(report.error));
      });
      worker.on('error', reject);
      worker.on('exit', (code) => reject(context.signal.aborted
        ? new LoupeError('cancelled', 'it was stopped.')
        : new LoupeError('defect', `the thread of the ${task.kind} ended with status ${code}. Try again.`)));
    });
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

/**
 * Exports a catalog as `config` says. It is opened first as the studio opens it, so that an interrupted write is undone and an old schema
 * lifted where the file is ours. Result: that of `performExport`. Kinds: bad-config, those of opening, and those of the export.
 */
export async function exportCatalog(config: Readonly<Record<string, unknown>>, context: ShareContext): Promise<Record<string, unknown>> {
  const parsed = parseConfig(exportConfigSchema, config) as ExportConfig;
  const catalog = await openCatalog(parsed.catalog);
  try {
    return await runShareTask({ kind: 'export', config: { ...parsed, catalog: catalog.path } }, context);
  } finally {
    await catalog.close();
  }
}

/** Takes an export of another program in as a catalog. Result: that of `importNeuronpedia`. Kinds: bad-config, and those of the import. */
export async function importCatalog(config: Readonly<Record<string, unknown>>, context: ShareContext): Promise<Record<string, unknown>> {
  return runShareTask({ kind: 'import', config: parseConfig(importConfigSchema, config) as ImportConfig }, context);
}
