/** A training run: what is set up before the loop, and what is kept while it goes. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { JobContext } from '../job.ts';
import { Random } from '../random.ts';
import type { Batch, FusedForm, Sizes } from '../sae/definition.ts';
import { variantById } from '../sae/registry.ts';
import { batchTensors } from './batch.ts';
import { refuseOverBudget, roomAt } from './budget.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { resolveTraining, variantConfig } from './config.ts';
import type { ResolvedTraining, TrainConfig } from './config.ts';
import { DenseTrainer } from './dense-trainer.ts';
import { Diagnostics } from './diagnostics.ts';
import { atPrecision } from './encoder-recall.ts';
import { FusedTrainer } from './fused-trainer.ts';
import { appendMetrics, cutMetrics } from './metrics-log.ts';
import { measureSample } from './prepare.ts';
import type { DataFigures } from './prepare.ts';
import type { ActivationBatch, ActivationSource, SourcePosition } from './source.ts';
import type { StepReport, Trainer } from './trainer.ts';

/** Rows that scale, centre and variance are measured on. */
const sampleRows = 50_000;

export interface Run {
  readonly config: TrainConfig;
  readonly resolved: ResolvedTraining;
  readonly source: ActivationSource;
  readonly trainer: Trainer;
  readonly sizes: Sizes;
  readonly figures: DataFigures;
  readonly diagnostics: Diagnostics;
  readonly backend: string;
  readonly context: JobContext;
  /** Steps done. */
  step: number;
  tokensSeen: number;
  /** Training time in earlier sessions, seconds. */
  earlierSeconds: number;
  readonly startedAt: number;
}

/** A run at its first step: measures the data, makes the weights, reads and writes no file. The caller disposes the trainer. */
export async function startRun(config: TrainConfig, source: ActivationSource, backend: string, context: JobContext): Promise<Run> {
  const resolved = resolveTraining(config);
  const sizes: Sizes = { dIn: source.dIn, dSae: config.dSae, dOut: source.dOut ?? source.dIn, sources: source.sources ?? 1 };
  refuseOtherData(config, source, sizes);
  refuseOverBudget(config, sizes, isFused(config), roomAt(config.out));
  const sampled = { x: await source.sample(sampleRows), y: (await source.sampleTargets?.(sampleRows)) ?? null };
  const figures = measureSample(sampled, sizes, config.biasInit, variantById(config.variant).scaling);
  const trainer = createTrainer(config, resolved, sizes, figures);
  return {
    config, resolved, source, trainer, backend, context, sizes, figures, diagnostics: new Diagnostics(config, resolved),
    step: 0, tokensSeen: 0, earlierSeconds: 0, startedAt: performance.now(),
  };
}

/** Takes the newest checkpoint of the run's folder, where there is one: the place in the data after it, or null. */
export function resumeRun(run: Run): SourcePosition | null {
  const { config, context, backend } = run;
  const meta = readCheckpoint(checkpointsOf(context), context.log, (found, state) => {
    if (found.backend !== backend) context.log(`the run was started on the backend ${found.backend}; on ${backend} it goes on, but not bit for bit`);
    run.trainer.restore(state);
  });
  cutMetrics(metricsOf(context), meta?.step ?? 0);
  if (meta === null) return null;
  [run.step, run.tokensSeen, run.earlierSeconds] = [meta.step, meta.tokensSeen, meta.seconds];
  context.log(`resumed at step ${meta.step} of ${config.steps}`);
  return meta.position;
}

/** Sets a run up at its start, or where its newest checkpoint left it. The caller disposes the trainer. */
export async function openRun(config: TrainConfig, source: ActivationSource, backend: string, context: JobContext): Promise<Run> {
  const run = await startRun(config, source, backend, context);
  try {
    const position = resumeRun(run);
    if (position !== null) await source.seek(position);
    return run;
  } catch (error) {
    run.trainer.dispose();
    throw error;
  }
}

/** Whether the run takes the fused step. */
export function isFused(config: TrainConfig): boolean {
  return fusedForm(config, { dIn: 0, dSae: config.dSae, dOut: 0, sources: 1 }) !== null;
}

function fusedForm(config: TrainConfig, sizes: Sizes): FusedForm | null {
  return config.fused ? (variantById(config.variant).fused?.(variantConfig(config), sizes) ?? null) : null;
}

/** Data of another kind than the variant takes: kind mismatch says what is missing. */
function refuseOtherData(config: TrainConfig, source: ActivationSource, sizes: Sizes): void {
  const { data, check, id } = variantById(config.variant);
  const problems = check(variantConfig(config), sizes);
  if (problems.length > 0) throw new LoupeError('bad-config', problems.join('; '));
  if (data === 'pairs' && source.sampleTargets === undefined) throw new LoupeError('mismatch', `${id} predicts one hook from another: set targetHook to the hook that it predicts`);
  if (data === 'sources' && sizes.sources < 2) throw new LoupeError('mismatch', `${id} reads several hooks at once, and the data have one: name at least two`);
}

/** A trainer at its start: the fused one where the variant has it and the config does not turn it off. */
export function createTrainer(config: TrainConfig, resolved: ResolvedTraining, sizes: Sizes, figures: DataFigures): Trainer {
  const variant = variantById(config.variant);
  const own = variantConfig(config);
  const { beta1, beta2, epsilon, deadWindow, clip } = resolved;
  const settings = { beta1, beta2, epsilon, deadWindow, clip, variance: figures.variance, steps: config.steps, sizes, seed: config.seed };
  const form = atPrecision(fusedForm(config, sizes), config.precision, variant.centresInput);
  if (variant.trainer !== undefined) return variant.trainer(own, sizes, settings);
  const { centre, targetCentre, sample, sampleRows } = figures;
  const context = { ...sizes, random: Random.from(config.seed, 'weights'), centre, targetCentre, sample, sampleRows };
  const weights = tf.tidy(() => variant.init(own, context) as tf.NamedTensorMap);
  const buffers = tf.tidy(() => (variant.buffers?.(own, context) ?? {}) as tf.NamedTensorMap);
  try {
    if (form !== null) return new FusedTrainer(weights, buffers, form, variant, settings);
    return new DenseTrainer(variant, own, weights, buffers, settings);
  } finally {
    tf.dispose([weights, buffers]);
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

/** The next batch, raw, and on the backend, where the caller disposes it. */
export async function nextBatch(run: Run): Promise<{ readonly tensors: Batch; readonly batch: ActivationBatch }> {
  const batch = await run.source.next(run.config.batch);
  return { tensors: batchTensors(batch, run.sizes, run.figures), batch };
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

/** Keeps a row of the history and reports it live; a warning goes to the log. */
export function logStep(run: Run, report: StepReport, lr: number, tokensPerSecond: number): void {
  const figures = run.diagnostics.look(run.trainer, run.tokensSeen);
  const row = {
    fvu: report.fvu, l0: report.l0, loss: report.loss, auxLoss: report.auxLoss,
    gradientNorm: report.gradientNorm, tokensPerSecond, lr, ...figures, ...report.extra,
  };
  appendMetrics(metricsOf(run.context), { step: run.step, ...row });
  run.context.metrics(run.step, row);
  for (const warning of run.diagnostics.warnings(run.step, row)) run.context.log(`warning: ${warning}`);
}

export function reportProgress(run: Run, report: StepReport, tokensPerSecond: number): void {
  const { step, config } = run;
  run.context.progress({
    phase: 'train', step, total: config.steps, tokensPerSecond,
    etaSeconds: tokensPerSecond > 0 ? ((config.steps - step) * config.batch) / tokensPerSecond : null,
    metrics: { fvu: report.fvu, l0: report.l0, loss: report.loss }, message: run.diagnostics.latest,
  });
}

/** Writes everything that the next step depends on. */
export function saveCheckpoint(run: Run): void {
  const { step, tokensSeen, backend, source, figures } = run;
  writeCheckpoint(checkpointsOf(run.context), { step, tokensSeen, seconds: elapsedSeconds(run), position: source.position, scale: figures.inputScale[0]!, variance: figures.variance, backend }, run.trainer);
}
