/** Training as a job: resumes when it is run again in the same folder, and gives the held-out figures at the end. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { evaluateDictionary } from '../eval/reconstruction.ts';
import type { Evaluation } from '../eval/reconstruction.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { placeError } from '../files/place-errors.ts';
import { readJson } from '../formats/sae-lens.ts';
import { breathe } from '../job.ts';
import type { JobContext, JobRunner } from '../job.ts';
import { lockStore } from '../store/lock.ts';
import { removeCheckpoints } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { trainLoop } from './loop.ts';
import { openSource } from './open-source.ts';
import { elapsedSeconds, openRun } from './run.ts';
import type { Run } from './run.ts';
import { saveDictionary } from './save.ts';
import type { ActivationSource } from './source.ts';

export { trainConfigSchema, trainFormSchema } from './config.ts';
export type { TrainConfig } from './config.ts';

/** Where a run keeps its config. */
function configOf(folder: string): string {
  return join(folder, 'train.json');
}

/** Refuses to go on with another config in a used folder (kind conflict names the field). */
function refuseOtherRun(config: TrainConfig, folder: string): void {
  if (!existsSync(configOf(folder))) return;
  const before = readJson(configOf(folder));
  const free = new Set(['logEvery', 'checkpointEvery']);
  for (const key of new Set([...Object.keys(before), ...Object.keys(config)])) {
    const [was, is] = [JSON.stringify(before[key]), JSON.stringify(config[key])];
    if (was === is || free.has(key)) continue;
    throw new LoupeError('conflict', `${folder} holds a run with ${key} ${was ?? 'absent'}, not ${is ?? 'absent'}: resume it with its own config, or choose another folder`);
  }
}

async function evaluate(run: Run, context: JobContext): Promise<Evaluation | null> {
  const dictionary = saveDictionary(run);
  try {
    if (run.config.heldOut === 0) return null;
    return await evaluateDictionary(dictionary, run.source.heldOut(), async (rows) => {
      context.progress({ phase: 'evaluate', step: rows, total: 0, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
      await breathe();
    });
  } finally {
    dictionary.dispose();
  }
}

function resultOf(run: Run, evaluation: Evaluation | null, seconds: number): Record<string, unknown> {
  return {
    dictionary: run.config.out, variant: run.config.variant, backend: run.backend, steps: run.step, tokens: run.tokensSeen,
    seconds, tokensPerSecond: run.tokensSeen / seconds, deadInTraining: run.trainer.deadCount() / run.config.dSae,
    ...(evaluation === null ? {} : { ...evaluation.masked, unmasked: evaluation.unmasked }),
  };
}

/** Takes the run's folder, so that nobody else trains there (kind locked); the result gives it back, and removes it if nothing came into it. */
function takeFolder(folder: string): () => void {
  const isNew = !existsSync(folder);
  mkdirSync(folder, { recursive: true });
  const unlock = lockStore(folder);
  return () => {
    unlock();
    try {
      if (isNew) rmdirSync(folder);
    } catch {
      /* it holds the run */
    }
  };
}

/** Trains from `source`, which it closes. Exposed for sources other than stores. */
export async function trainFrom(source: ActivationSource, config: TrainConfig, context: JobContext): Promise<Record<string, unknown>> {
  let release: (() => void) | undefined;
  try {
    release = takeFolder(context.folder);
    refuseOtherRun(config, context.folder);
    const done = join(context.folder, 'result.json');
    if (existsSync(done) && existsSync(join(config.out, 'loupe.json'))) return readJson(done);
    return await trainHere(source, config, context, done);
  } catch (error) {
    throw placeError(error, context.folder);
  } finally {
    release?.();
    source.close();
  }
}

async function trainHere(source: ActivationSource, config: TrainConfig, context: JobContext, done: string): Promise<Record<string, unknown>> {
  const { backend } = await loadBackend();
  const run = await openRun(config, source, backend, context);
  try {
    // Only now: data that cannot be trained on leave no config behind that another one would be in conflict with.
    if (!existsSync(configOf(context.folder))) writeJsonAtomic(configOf(context.folder), config);
    await trainLoop(run);
    const seconds = elapsedSeconds(run);
    const result = resultOf(run, await evaluate(run, context), seconds);
    writeJsonAtomic(done, result);
    removeCheckpoints(join(context.folder, 'checkpoints'));
    return result;
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
