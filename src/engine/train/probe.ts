/** A run tried for three steps: what it will need, before anything is written. */
import type { JobContext } from '../job.ts';
import { breathe } from '../job.ts';
import { loadBackend } from '../backend/load.ts';
import { disposeBatch } from './batch.ts';
import { expectTime, needsOf, roomAt } from './budget.ts';
import type { Expectation, Room } from './budget.ts';
import type { TrainConfig } from './config.ts';
import { openSource } from './open-source.ts';
import { isFused, nextBatch, startRun } from './run.ts';

const probedSteps = 3;

/** Opens the data and takes three steps from a fresh start; the run's folder is not touched. Kinds as training. */
export async function probeRun(config: TrainConfig, context: JobContext): Promise<Expectation & { readonly room: Room }> {
  const source = await openSource(config, context);
  try {
    const { backend } = await loadBackend();
    const room = roomAt(config.out);
    const run = await startRun(config, source, backend, context);
    const fused = isFused(config);
    try {
      const seconds: number[] = [];
      for (let step = 0; step < probedSteps; step++) {
        await breathe();
        context.signal.throwIfAborted();
        const start = performance.now();
        const { tensors } = await nextBatch(run);
        run.trainer.step(tensors, 0, step);
        disposeBatch(tensors);
        seconds.push((performance.now() - start) / 1000);
      }
      return { ...expectTime(needsOf(config, run.sizes, fused), seconds, config.steps), room };
    } finally {
      run.trainer.dispose();
    }
  } finally {
    source.close();
  }
}
