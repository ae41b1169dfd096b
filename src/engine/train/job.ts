/** Training as a job: resumes when it is run again in the same folder, and gives the held-out figures at the end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackend } from '../backend/load.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { placeError } from '../files/place-errors.ts';
import { readJson } from '../formats/sae-lens.ts';
import type { JobContext, JobRunner } from '../job.ts';
import type { TrainConfig } from './config.ts';
import { finishRun, resultPath } from './finish.ts';
import { refuseOther, takeFolder } from './folder.ts';
import { trainLoop } from './loop.ts';
import { openSource } from './open-source.ts';
import { openRun } from './run.ts';
import type { ActivationSource } from './source.ts';

export { trainConfigSchema, trainFormSchema } from './config.ts';
export type { TrainConfig } from './config.ts';

/** Where a run keeps its config. */
function configOf(folder: string): string {
  return join(folder, 'train.json');
}

/** Trains from `source`, which it closes. Exposed for sources other than stores. */
export async function trainFrom(source: ActivationSource, config: TrainConfig, context: JobContext): Promise<Record<string, unknown>> {
  let release: (() => void) | undefined;
  try {
    release = takeFolder(context.folder);
    refuseOther(config, configOf(context.folder), ['logEvery', 'checkpointEvery']);
    const done = resultPath(context.folder);
    if (existsSync(done) && existsSync(join(config.out, 'loupe.json'))) return readJson(done);
    return await trainHere(source, config, context);
  } catch (error) {
    throw placeError(error, context.folder);
  } finally {
    release?.();
    source.close();
  }
}

async function trainHere(source: ActivationSource, config: TrainConfig, context: JobContext): Promise<Record<string, unknown>> {
  const { backend } = await loadBackend();
  const run = await openRun(config, source, backend, context);
  try {
    // Only now: data that cannot be trained on leave no config behind that another one would be in conflict with.
    if (!existsSync(configOf(context.folder))) writeJsonAtomic(configOf(context.folder), config);
    await trainLoop(run);
    return await finishRun(run);
  } finally {
    run.trainer.dispose();
  }
}

/**
 * Trains on the stores that the config names, or on its model and corpus. Run again in the same folder it resumes, and ends with the same weights bit for bit
 * on the same backend and thread count.
 *
 * Kinds: bad-request, mismatch, not-found, not-finite, cancelled, conflict, no-space.
 */
export const runTrain: JobRunner<TrainConfig> = async (config, context) => trainFrom(await openSource(config, context), config, context);
