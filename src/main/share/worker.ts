/** The thread of one export or import: does it, says how far it is, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorBody } from '../../shared/errors.ts';
import { performExport } from './export/perform.ts';
import { watchFlag } from './export/watch.ts';
import type { Watch } from './export/watch.ts';
import { importNeuronpedia } from './neuronpedia/import.ts';
import type { ShareReport, ShareTask, ShareTaskData } from './task.ts';

/** Least time between two reports, ms. */
const interval = 100;

async function perform(task: ShareTask, watch: Watch): Promise<Record<string, unknown>> {
  return task.kind === 'export' ? performExport(task.config, watch) : importNeuronpedia(task.config, watch);
}

function say(report: ShareReport): void {
  parentPort!.postMessage(report);
}

const { task, stop } = workerData as ShareTaskData;
let last = -interval;
const watch = watchFlag(stop, (phase, done, total) => {
  const now = performance.now();
  if (now - last < interval && done < total) return;
  last = now;
  say({ type: 'step', phase, done, total });
});
try {
  say({ type: 'done', result: await perform(task, watch) });
} catch (error) {
  say({ type: 'failed', error: toErrorBody(error) });
}
