/** The training loop of every variant. */
import { LoupeError } from '../../shared/errors.ts';
import { breathe } from '../job.ts';
import { explainNotFinite, logStep, nextBatch, reportProgress, saveCheckpoint } from './run.ts';
import type { Run } from './run.ts';
import { learningRate } from './schedule.ts';
import { Speedometer } from './speedometer.ts';

/**
 * Trains until the run's last step. On an abort it writes a checkpoint and throws kind cancelled, within one step; a batch that
 * is not finite throws kind not-finite, with the last good checkpoint in place.
 */
export async function trainLoop(run: Run): Promise<void> {
  const { config, context } = run;
  const schedule = { lr: run.resolved.lr, steps: config.steps, warmupSteps: run.resolved.warmupSteps, decayFraction: config.decayFraction };
  const speed = new Speedometer();
  while (run.step < config.steps) {
    await breathe();
    if (context.signal.aborted) {
      saveCheckpoint(run);
      throw new LoupeError('cancelled', `training stopped at step ${run.step} of ${config.steps}; run it again to go on`);
    }
    const lr = learningRate(schedule, run.step);
    const { x, batch } = await nextBatch(run);
    let report;
    try {
      report = run.trainer.step(x, lr, run.step);
    } catch (error) {
      throw explainNotFinite(error, run, batch);
    } finally {
      x.dispose();
    }
    run.step++;
    run.tokensSeen += batch.rows;
    const tokensPerSecond = speed.count(batch.rows);
    reportProgress(run, report, tokensPerSecond);
    if (run.step % config.logEvery === 0 || run.step === config.steps) logStep(run, report, lr, tokensPerSecond);
    if (run.step % config.checkpointEvery === 0 || run.step === config.steps) saveCheckpoint(run);
  }
}
