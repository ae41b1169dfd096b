/** A training run of a language model: what is set up before the loop, and what is kept while it goes. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { JobContext } from '../../job.ts';
import { roomAt } from '../../train/budget.ts';
import { readCheckpoint, writeCheckpoint } from '../../train/checkpoint.ts';
import { appendMetrics, cutMetrics, readMetrics } from '../../train/metrics-log.ts';
import { productPeak } from '../../train/product-peak.ts';
import { cosineRate } from '../../train/schedule.ts';
import { Speedometer } from '../../train/speedometer.ts';
import { RunWatch, silentSteps, type SilentSteps } from '../layers/moe/expert-watch.ts';
import { openOwnModel, valuesFrom, type OpenedModel } from '../own/opened.ts';
import { startValues } from '../own/parameters.ts';
import { flopsPerToken, refuseOverLmBudget } from './budget.ts';
import { shapeFor, type LmTrainConfig } from './config.ts';
import { figureColumns, firingUnits, validationLoss, writeSample } from './look.ts';
import { coderOf, mostVocab, openData, tokenSource, type TextCoder } from './text-source.ts';
import { TokenFiles } from './token-files.ts';
import { LmTrainer, type LmStepReport } from './trainer.ts';

export interface LmRun {
  readonly config: LmTrainConfig;
  readonly trainer: LmTrainer;
  readonly files: TokenFiles;
  readonly coder: TextCoder;
  readonly backend: string;
  readonly context: JobContext;
  /** By the clock, for how long it still takes. */
  readonly speed: Speedometer;
  /** By the time of the steps alone, for the history. */
  stepSpeed: Speedometer;
  /** What this machine multiplies at best, GFLOP/s: model FLOP utilisation is held against it. */
  readonly peak: number;
  /** Of models with experts: which of them no longer fire. */
  readonly watch: RunWatch;
  /** Steps done. */
  step: number;
  tokensSeen: number;
  /** Time of the steps, seconds, without validation. */
  seconds: number;
}

/** Tokens of one step. */
export function stepTokens({ config, trainer }: LmRun): number {
  return config.batch * config.accumulate * trainer.shape.size.context;
}

function checkpointsOf(context: JobContext): string {
  return join(context.folder, 'checkpoints');
}

/** Where a run keeps its history. */
export function lmMetricsOf(context: JobContext): string {
  return join(context.folder, 'metrics.jsonl');
}

function samplesOf(context: JobContext): string {
  return join(context.folder, 'samples.jsonl');
}

/** Sets a run up at its start, or where its newest checkpoint left it. The caller closes it. */
export async function openLmRun(config: LmTrainConfig, backend: string, context: JobContext): Promise<LmRun> {
  const first = config.from === null ? null : openOwnModel(config.from);
  try {
    return await openFrom(first, config, backend, context);
  } finally {
    first?.close();
  }
}

async function openFrom(first: OpenedModel | null, config: LmTrainConfig, backend: string, context: JobContext): Promise<LmRun> {
  const base = first?.shape.config ?? null;
  // What cannot be is refused before a vocabulary is learned.
  refuseOverLmBudget(shapeFor(config, base?.vocab ?? mostVocab(config.tokenizer), base), config.batch, roomAt(context.folder));
  const corpus = await openData(config.data);
  const coder = await coderOf(config.tokenizer, corpus, join(context.folder, 'data'));
  const shape = shapeFor(config, coder.vocab, base);
  const limits = { limit: config.tokens, mostValid: config.validTokens, context: shape.size.context };
  const files = await TokenFiles.prepare(join(context.folder, 'data'), tokenSource(corpus, coder, config.seed, config.tokens), limits, context.signal);
  const { beta1, beta2, epsilon, weightDecay, clip, seed } = config;
  const trainer = new LmTrainer(shape, { beta1, beta2, epsilon, weightDecay, clip, seed }, first === null ? (spec) => startValues(spec, seed) : valuesFrom(first, shape));
  const peak = productPeak(Math.min(4096, config.batch * shape.size.context), shape.size.dModel, 4 * shape.size.dModel);
  const run: LmRun = { config, trainer, files, coder, backend, context, peak, watch: new RunWatch(), speed: new Speedometer(), stepSpeed: new Speedometer(), step: 0, tokensSeen: 0, seconds: 0 };
  try {
    resume(run);
    run.stepSpeed = new Speedometer(() => 1000 * run.seconds);
    return run;
  } catch (error) {
    closeLmRun(run);
    throw error;
  }
}

/** Frees the weights and closes the token files. */
export function closeLmRun({ trainer, files }: LmRun): void {
  trainer.dispose();
  files.close();
}

function resume(run: LmRun): void {
  const { context, backend, config } = run;
  const meta = readCheckpoint(checkpointsOf(context), context.log, (found, state) => {
    if (found.backend !== backend) context.log(`the run was started on the backend ${found.backend}; on ${backend} it goes on, but not bit for bit`);
    run.trainer.restore(state);
  });
  for (const path of [lmMetricsOf(context), samplesOf(context)]) cutMetrics(path, meta?.step ?? 0);
  if (meta === null) return;
  [run.step, run.tokensSeen, run.seconds] = [meta.step, meta.tokensSeen, meta.seconds];
  run.watch.restore(meta.position as SilentSteps);
  context.log(`resumed at step ${meta.step} of ${config.steps}`);
}

/** One update of the weights, with what is logged and saved after it. */
export function takeLmStep(run: LmRun): void {
  const { config, trainer, files } = run;
  const begin = performance.now();
  const length = trainer.shape.size.context;
  const parts = Array.from({ length: config.accumulate }, (_, part) => files.batch(config.seed, run.step, part, config.batch, length));
  const lr = cosineRate({ lr: config.lr, minimum: config.minimumLr, steps: config.steps, warmupSteps: Math.round(config.warmupFraction * config.steps) }, run.step);
  const report = stepOrExplain(run, () => trainer.step(parts, lr, run.step));
  run.step++;
  run.tokensSeen += stepTokens(run);
  run.seconds += (performance.now() - begin) / 1000;
  const [tokensPerSecond, stepSpeed] = [run.speed.count(stepTokens(run)), run.stepSpeed.count(stepTokens(run))];
  const dead = run.watch.step(report.figures);
  const due = (every: number): boolean => run.step % every === 0 || run.step === config.steps;
  reportProgress(run, report, tokensPerSecond);
  if (due(config.logEvery) || run.step === 1) logStep(run, report, lr, stepSpeed);
  if (due(config.validEvery)) validate(run);
  if (due(config.checkpointEvery)) saveLmCheckpoint(run);
  if (dead.length > 0) throw deadExperts(run, dead);
}

/** An expert that no longer fires draws every token to it (Yang et al. 2025, arXiv 2503.07639; specification A.6): the run fails, its checkpoints stay. */
function deadExperts({ step, context }: LmRun, dead: ReturnType<RunWatch['step']>): LoupeError {
  const names = dead.slice(0, 8).map(({ block, expert }) => `expert ${expert} of ${block}`).join(', ');
  const more = dead.length > 8 ? ` and ${dead.length - 8} more` : '';
  return new LoupeError('dead-experts', `training stopped at step ${step}: ${names}${more} fired no unit on the tokens given to them for ${silentSteps} steps, and a dead expert is the one that a router of sparsity prefers. Begin again with another seed, a lower lr or a higher layer.balance; the last checkpoints are in ${checkpointsOf(context)}.`);
}

/** Kind not-finite with the step, the cure, and where the last good checkpoint is. */
function stepOrExplain(run: LmRun, step: () => LmStepReport): LmStepReport {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof LoupeError) || error.kind !== 'not-finite') throw error;
    const saved = run.step - (run.step % run.config.checkpointEvery);
    const kept = saved > 0 ? `the checkpoint of step ${saved} is kept in ${checkpointsOf(run.context)}` : 'no checkpoint had been written yet';
    throw new LoupeError('not-finite', `training diverged at step ${run.step + 1}: ${error.message}. Choose a lower lr than ${run.config.lr}; ${kept}.`);
  }
}

/** Model FLOP utilisation: the share of the machine's best product that a speed means. */
export function utilisation(run: LmRun, tokensPerSecond: number): number {
  return (flopsPerToken(run.trainer.shape) * tokensPerSecond) / (run.peak * 1e9);
}

function keepRow(run: LmRun, row: Readonly<Record<string, number>>): void {
  appendMetrics(lmMetricsOf(run.context), { step: run.step, ...row });
  run.context.metrics(run.step, row);
}

function logStep(run: LmRun, report: LmStepReport, lr: number, tokensPerSecond: number): void {
  const { loss, gradientNorm, auxiliary, figures } = report;
  keepRow(run, { loss, gradientNorm, lr, seconds: run.seconds, tokensPerSecond, mfu: utilisation(run, tokensPerSecond), ...auxiliary, ...figureColumns(figures) });
}

function validate(run: LmRun): void {
  const { trainer, files, config, coder, context } = run;
  const validLoss = validationLoss(trainer, files, config.batch);
  const [first] = files.validation(1, trainer.shape.size.context);
  const l0 = Object.fromEntries(firingUnits(trainer, first!).map((units, layer) => [`l0.${layer}`, units]));
  keepRow(run, { validLoss, perplexity: Math.exp(validLoss), ...l0 });
  const written = writeSample(trainer, coder, first!, config.seed);
  appendFileSync(samplesOf(context), `${JSON.stringify({ step: run.step, ...written })}\n`);
  context.log(`step ${run.step}: validation loss ${validLoss.toFixed(4)}`);
}

function reportProgress(run: LmRun, report: LmStepReport, tokensPerSecond: number): void {
  const { step, config } = run;
  run.context.progress({
    phase: 'train', step, total: config.steps, tokensPerSecond,
    etaSeconds: tokensPerSecond > 0 ? ((config.steps - step) * stepTokens(run)) / tokensPerSecond : null,
    metrics: { loss: report.loss, gradientNorm: report.gradientNorm }, message: null,
  });
}

/** Writes everything that the next step depends on. */
export function saveLmCheckpoint(run: LmRun): void {
  const { step, tokensSeen, seconds, backend, trainer, context } = run;
  writeCheckpoint(checkpointsOf(context), { step, tokensSeen, seconds, position: run.watch.state(), backend }, trainer);
}

/** The first value and the last of a column of the history; NaN without any. */
export function endsOf(run: LmRun, column: string): { readonly first: number; readonly last: number } {
  const values = readMetrics(lmMetricsOf(run.context)).map((row) => row[column]).filter((value) => value !== undefined);
  return { first: values[0] ?? Number.NaN, last: values.at(-1) ?? Number.NaN };
}
