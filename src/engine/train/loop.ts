/** The training loop of every variant. */
import { LoupeError } from '../../shared/errors.ts';
import { breathe } from '../job.ts';
import type { Batch } from '../sae/definition.ts';
import { disposeBatch } from './batch.ts';
import { explainNotFinite, logStep, nextBatch, reportProgress, saveCheckpoint } from './run.ts';
import type { Run } from './run.ts';
import { learningRate } from './schedule.ts';
import type { ActivationBatch } from './source.ts';
import { Speedometer } from './speedometer.ts';
import type { StepReport } from './trainer.ts';

/**
 * Trains until the run's last step. On an abort it writes a checkpoint and throws kind cancelled, within one step; a batch that
 * is not finite throws kind not-finite, with the last good checkpoint in place.
 */
export async function trainLoop(run: Run): Promise<void> {
  const { config, context } = run;
  const speed = new Speedometer();
  while (run.step < config.steps) {
    await breathe();
    if (context.signal.aborted) {
      saveCheckpoint(run);
      throw new LoupeError('cancelled', `training stopped at step ${run.step} of ${config.steps}; run it again to go on`);
    }
    const { tensors, batch } = await nextBatch(run);
    try {
      takeStep(run, tensors, batch, speed);
    } finally {
      disposeBatch(tensors);
    }
  }
}

/** One step of a run on a batch, with what is logged and saved after it. */
export function takeStep(run: Run, tensors: Batch, batch: ActivationBatch, speed: Speedometer): void {
  const { config } = run;
  const schedule = { lr: run.resolved.lr, steps: config.steps, warmupSteps: run.resolved.warmupSteps, decayFraction: config.decayFraction };
  const lr = learningRate(schedule, run.step);
  const report = stepOrExplain(run, tensors, batch, lr);
  run.step++;
  run.tokensSeen += batch.rows;
  const tokensPerSecond = speed.count(batch.rows);
  reportProgress(run, report, tokensPerSecond);
  if (run.step % config.logEvery === 0 || run.step === config.steps) logStep(run, report, lr, tokensPerSecond);
  if (run.step % config.checkpointEvery === 0 || run.step === config.steps) saveCheckpoint(run);
}

function stepOrExplain(run: Run, tensors: Batch, batch: ActivationBatch, lr: number): StepReport {
  try {
    return run.trainer.step(tensors, lr, run.step);
  } catch (error) {
    throw explainNotFinite(error, run, batch);
  }
}
