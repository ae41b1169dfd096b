/** Small training runs for tests: synthetic data, a few dozen steps. */
import type { JobContext } from '../../src/engine/job.ts';
import { trainConfigSchema } from '../../src/engine/train/config.ts';
import type { TrainConfig } from '../../src/engine/train/config.ts';

/** dIn 32 of the SYN task; auxK is on and latents die early, so that every part of a step is used. */
export function smallConfig(out: string, changes: Readonly<Record<string, unknown>> = {}): TrainConfig {
  return trainConfigSchema.parse({
    variant: 'topk', activations: ['synthetic'], out, dSae: 80, k: 3, auxK: 8, steps: 40, batch: 64, lr: 2e-3, warmupSteps: 1,
    deadWindow: 200, heldOut: 64, checkpointEvery: 7, logEvery: 5, seed: 3, ...changes,
  });
}

export function quietContext(folder: string, signal: AbortSignal = new AbortController().signal, changes: Partial<JobContext> = {}): JobContext {
  return { signal, folder, progress: () => {}, metrics: () => {}, log: () => {}, ...changes };
}
