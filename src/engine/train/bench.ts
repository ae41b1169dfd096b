/** Times training steps on the input distribution of the peer benchmark: the very step that a run takes by default. */
import { LoupeError } from '../../shared/errors.ts';
import { threadCount } from '../backend/native-binding.ts';
import { loadBackend } from '../backend/load.ts';
import { breathe } from '../job.ts';
import { encodeTier, usablePrecision } from '../ops/low-precision.ts';
import type { Precision } from '../ops/low-precision.ts';
import { Random } from '../random.ts';
import { unitRows } from '../sae/parts.ts';
import { resolveTraining, trainConfigSchema } from './config.ts';
import type { ResolvedTraining, TrainConfig } from './config.ts';
import { variantById } from '../sae/registry.ts';
import { measureSample } from './prepare.ts';
import { productPeak } from './product-peak.ts';
import { batchTensors, disposeBatch } from './batch.ts';
import { startAtL0 } from './bench-start.ts';
import { createTrainer } from './run.ts';
import type { StepReport } from './trainer.ts';

export interface BenchSettings {
  readonly variant: string;
  readonly dIn: number;
  readonly dSae: number;
  readonly k: number;
  /** Rows a batch. */
  readonly batch: number;
  /** Timed steps. */
  readonly steps: number;
  /** Steps before, not timed. */
  readonly warmup: number;
  readonly seed: number;
  readonly precision: Precision;
  /** L0 that ReLU and JumpReLU dictionaries start at; 0: that of their initial weights. */
  readonly l0?: number;
}

/** Distinct batches that are cycled through. */
const pool = 4;

/**
 * Sparse mixtures of 4 d Zipf-weighted unit directions plus noise, root mean square 1 an entry: float32 [rows, d]. The latents' firing
 * frequencies come out uneven, as on real activations.
 */
export function benchActivations(rows: number, d: number, seed: number): Float32Array {
  const [features, perRow] = [4 * d, 24];
  const random = Random.from(seed, 'bench activations');
  const directions = unitRows(random.normals(features * d), features, d);
  const cumulative = new Float64Array(features);
  let total = 0;
  for (let i = 0; i < features; i++) cumulative[i] = total += 1 / (i + 10);
  const x = random.normals(rows * d, 0.05);
  for (let row = 0; row < rows; row++) {
    for (let s = 0; s < perRow; s++) {
      const at = firstAbove(cumulative, random.uniform() * total) * d;
      const size = 0.2 - Math.log(1 - random.uniform());
      for (let i = 0; i < d; i++) x[row * d + i]! += size * directions[at + i]!;
    }
  }
  let square = 0;
  for (const value of x) square += value * value;
  const factor = 1 / Math.sqrt(square / x.length);
  for (let i = 0; i < x.length; i++) x[i]! *= factor;
  return x;
}

/** The first index whose value is above `target`, in an ascending array; the last one at most. */
function firstAbove(ascending: Float64Array, target: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function configOf(settings: BenchSettings): TrainConfig {
  const { variant, dSae, k, batch, seed, precision } = settings;
  // far more steps than are run: schedules and dead windows are those of a long run's middle
  const own = 'k' in variantById(variant).config.shape ? { k } : {};
  return trainConfigSchema.parse({ variant, dSae, ...own, batch, seed, precision, activations: ['bench'], out: 'none', steps: 1_000_000 });
}

/** Runs the steps; figures as `loupe bench train --json` prints them. */
export async function benchTrain(settings: BenchSettings, log: (line: string) => void, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const { backend } = await loadBackend();
  const empty = rssMb();
  const config = configOf(settings);
  const { dIn, batch } = settings;
  const data = benchActivations(pool * batch, dIn, settings.seed + 1);
  const batches = Array.from({ length: pool }, (_, i) => data.subarray(i * batch * dIn, (i + 1) * batch * dIn));
  const sizes = { dIn, dSae: config.dSae, dOut: dIn, sources: 1 };
  const figures = measureSample({ x: batches[0]!, y: null }, sizes, config.biasInit, variantById(config.variant).scaling);
  const resolved = resolveTraining(config);
  const trainer = createTrainer(config, resolved, sizes, figures);
  if ((settings.l0 ?? 0) > 0) {
    const first = batchTensors({ x: batches[0]!, rows: batch, originOf: String }, sizes, figures);
    startAtL0(trainer, variantById(config.variant), first.x, settings.l0!);
    disposeBatch(first);
  }
  const times: number[] = [];
  const reports: StepReport[] = [];
  const before = peakRssMb();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  for (let step = 0; step < settings.warmup + settings.steps; step++) {
    await breathe();
    if (signal?.aborted === true) throw new LoupeError('cancelled', `the benchmark stopped at step ${step}`);
    const begin = performance.now();
    const tensors = batchTensors({ x: batches[step % pool]!, rows: batch, originOf: String }, sizes, figures);
    const report = trainer.step(tensors, resolved.lr, step);
    disposeBatch(tensors);
    const ms = performance.now() - begin;
    reports.push(report);
    if (step >= settings.warmup) times.push(ms);
    log(`step ${step}: ${ms.toFixed(0)} ms, loss ${report.loss.toFixed(4)}`);
  }
  const cpu = process.cpuUsage(cpuBefore);
  const share = (cpu.user + cpu.system) / 1000 / (performance.now() - start) / threadCount();
  trainer.dispose();
  const peak = peakRssMb();
  return summary(settings, resolved, { backend, times, reports, before, empty, peak, share, productPeak: productPeak(batch, dIn, config.dSae) });
}

interface Measured {
  readonly backend: string;
  readonly times: number[];
  readonly reports: readonly StepReport[];
  /** MiB before the first step. */
  readonly before: number;
  /** MiB of the process with the runtime loaded and nothing done. */
  readonly empty: number;
  /** MiB at most. */
  readonly peak: number;
  /** GFLOP/s of a float32 product. */
  readonly productPeak: number;
  /** CPU time over wall time and threads. */
  readonly share: number;
}

function summary(settings: BenchSettings, resolved: ResolvedTraining, { backend, times, reports, before, empty, peak, share, productPeak }: Measured): Record<string, unknown> {
  const { variant, dIn, dSae, k, batch, precision } = settings;
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const product = (2 * batch * dIn * dSae) / productPeak / 1e6;
  return {
    variant, backend, precision, encoder_product: encodeTier(usablePrecision(precision)), clip: resolved.clip, project: variantById(variant).unitDecoder, threads: threadCount(), d: dIn, n: dSae, k, batch,
    tokens_per_s: Number((batch / (median / 1000)).toFixed(1)), ms_per_step: Number(median.toFixed(2)),
    ms_min: Number(sorted[0]!.toFixed(2)), ms_max: Number(sorted.at(-1)!.toFixed(2)), steps_timed: times.length,
    cpu_share: Number(share.toFixed(3)), peak_rss_mb: peak, rss_before_steps_mb: before, rss_empty_mb: empty,
    // how far a step is from one float32 product and nothing else: 1 where it takes as long, more where it takes less
    product_gflops: Number(productPeak.toFixed(1)), product_ms: Number(product.toFixed(2)), share_of_product_bound: Number((product / median).toFixed(3)),
    l0: Number(reports.at(-1)!.l0.toFixed(1)), loss_first: reports[0]!.loss, loss_last: reports.at(-1)!.loss,
  };
}

function rssMb(): number {
  return Math.round(process.memoryUsage.rss() / (1024 * 1024));
}

/** MiB; `maxRSS` is in KiB on every platform of Node. */
function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
