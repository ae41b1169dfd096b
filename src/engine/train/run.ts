/** A training run: what is set up before the loop, and what is kept while it goes. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { JobContext } from '../job.ts';
import { Random } from '../random.ts';
import { variantById } from '../sae/registry.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { resolveTraining, variantConfig } from './config.ts';
import type { ResolvedTraining, TrainConfig } from './config.ts';
import { DenseTrainer } from './dense-trainer.ts';
import { FusedTrainer } from './fused-trainer.ts';
import { appendMetrics, cutMetrics } from './metrics-log.ts';
import { measureData } from './prepare.ts';
import type { DataFigures } from './prepare.ts';
import type { ActivationBatch, ActivationSource } from './source.ts';
import type { StepReport, Trainer } from './trainer.ts';

/** Rows that scale, centre and variance are measured on. */
const sampleRows = 50_000;

export interface Run {
  readonly config: TrainConfig;
  readonly resolved: ResolvedTraining;
  readonly source: ActivationSource;
  readonly trainer: Trainer;
  /** Factor from raw to scaled activations. */
  readonly scale: number;
  readonly variance: number;
  readonly backend: string;
  readonly context: JobContext;
  /** Steps done. */
  step: number;
  tokensSeen: number;
  /** Training time in earlier sessions, seconds. */
  readonly earlierSeconds: number;
  readonly startedAt: number;
}

/** Sets a run up at its start, or where its newest checkpoint left it. The caller disposes the trainer. */
export async function openRun(config: TrainConfig, source: ActivationSource, backend: string, context: JobContext): Promise<Run> {
  const resolved = resolveTraining(config);
  const figures = measureData(await source.sample(sampleRows), source.dIn, config.biasInit);
  const trainer = createTrainer(config, resolved, source.dIn, figures);
  try {
    const meta = readCheckpoint(checkpointsOf(context), context.log, (found, state) => {
      if (found.backend !== backend) context.log(`the run was started on the backend ${found.backend}; on ${backend} it goes on, but not bit for bit`);
      trainer.restore(state);
    });
    if (meta !== null) {
      await source.seek(meta.position);
      context.log(`resumed at step ${meta.step} of ${config.steps}`);
    }
    cutMetrics(metricsOf(context), meta?.step ?? 0);
    return {
      config, resolved, source, trainer, backend, context, scale: figures.scale, variance: figures.variance,
      step: meta?.step ?? 0, tokensSeen: meta?.tokensSeen ?? 0, earlierSeconds: meta?.seconds ?? 0, startedAt: performance.now(),
    };
  } catch (error) {
    trainer.dispose();
    throw error;
  }
}

/** A trainer at its start: the fused one where the variant has it and the config does not turn it off. */
export function createTrainer(config: TrainConfig, resolved: ResolvedTraining, dIn: number, figures: DataFigures): Trainer {
  const variant = variantById(config.variant);
  const own = variantConfig(config);
  const { beta1, beta2, epsilon, deadWindow } = resolved;
  const settings = { beta1, beta2, epsilon, deadWindow, clip: config.clip, variance: figures.variance, steps: config.steps };
  const weights = tf.tidy(() => variant.init(own, { dIn, dSae: config.dSae, random: Random.from(config.seed, 'weights'), centre: figures.centre }));
  try {
    if (config.fused && variant.fused !== undefined) return new FusedTrainer(weights, variant.fused(own), variant.unitDecoder, settings);
    return new DenseTrainer(variant, own, weights, config.dSae, settings);
  } finally {
    tf.dispose(Object.values(weights));
  }
}

function checkpointsOf(context: JobContext): string {
  return join(context.folder, 'checkpoints');
}

/** Where a run keeps its history. */
export function metricsOf(context: JobContext): string {
  return join(context.folder, 'metrics.jsonl');
}

/** Training time so far, seconds. */
export function elapsedSeconds(run: Run): number {
  return run.earlierSeconds + (performance.now() - run.startedAt) / 1000;
}

/** The next batch on the backend, scaled: float32 [rows, dIn]; the caller disposes it. */
export async function nextBatch(run: Run): Promise<{ readonly x: Tensor2D; readonly batch: ActivationBatch }> {
  const batch = await run.source.next(run.config.batch);
  const x = tf.tidy(() => tf.mul(tf.tensor2d(batch.x, [batch.rows, run.source.dIn]), run.scale) as Tensor2D);
  return { x, batch };
}

/** Says where a value that is not finite came from: the row's origin, or the weights. */
export function explainNotFinite(error: unknown, run: Run, batch: ActivationBatch): unknown {
  if (!(error instanceof LoupeError) || error.kind !== 'not-finite') return error;
  const at = batch.x.findIndex((value) => !Number.isFinite(value));
  const kept = `the last checkpoint, before it, is kept in ${checkpointsOf(run.context)}`;
  if (at >= 0) {
    const origin = batch.originOf(Math.floor(at / run.source.dIn));
    return new LoupeError('not-finite', `an activation is ${batch.x[at]} (${origin}): harvest that part again; ${kept}.`, error.message);
  }
  return new LoupeError('not-finite', `training diverged at step ${run.step}: choose a lower lr than ${run.resolved.lr}; ${kept}.`, error.message);
}

/** Keeps a row of the history and reports it live. */
export function logStep(run: Run, report: StepReport, lr: number, tokensPerSecond: number): void {
  const row = {
    fvu: report.fvu, l0: report.l0, dead: run.trainer.deadCount(), loss: report.loss, auxLoss: report.auxLoss,
    gradientNorm: report.gradientNorm, tokensPerSecond, lr,
  };
  appendMetrics(metricsOf(run.context), { step: run.step, ...row });
  run.context.metrics(run.step, row);
}

export function reportProgress(run: Run, report: StepReport, tokensPerSecond: number): void {
  const { step, config } = run;
  run.context.progress({
    phase: 'train', step, total: config.steps, tokensPerSecond,
    etaSeconds: tokensPerSecond > 0 ? ((config.steps - step) * config.batch) / tokensPerSecond : null,
    metrics: { fvu: report.fvu, l0: report.l0, loss: report.loss }, message: null,
  });
}

/** Writes everything that the next step depends on. */
export function saveCheckpoint(run: Run): void {
  const { step, tokensSeen, scale, variance, backend, source } = run;
  writeCheckpoint(checkpointsOf(run.context), { step, tokensSeen, seconds: elapsedSeconds(run), position: source.position, scale, variance, backend }, run.trainer);
}
