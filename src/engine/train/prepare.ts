/** What is measured on a sample of the data before training: scale, centre and variance. */
import { LoupeError } from '../../shared/errors.ts';
import type { Scaling, Sizes } from '../sae/definition.ts';

/** Variance as a share of the mean square below which rows differ by rounding only. */
const leastVariance = 1e-7;

/** Figures of one activation. */
export interface SourceFigures {
  /** x * scale has mean norm sqrt(dIn) (expected norm: Anthropic, April 2024 update; SAELens `expected_average_only_in`), or 1. */
  readonly scale: number;
  /** Start of the decoder bias, float32 [dIn], scaled units. */
  readonly centre: Float32Array;
  /** Sum over dimensions of the variance, scaled units. */
  readonly variance: number;
}

/** Figures of everything that a run trains on. */
export interface DataFigures {
  /** Factors from raw to scaled inputs, float32 [dIn]; alike within a source. */
  readonly inputScale: Float32Array;
  /** Factors from raw to scaled targets, float32 [dOut]. */
  readonly outputScale: Float32Array;
  /** Start of biases on the input's side, float32 [dIn], scaled units. */
  readonly centre: Float32Array;
  /** Start of the decoder bias, float32 [dOut], scaled units. */
  readonly targetCentre: Float32Array;
  /** Sum over dimensions of the targets' variance, scaled units. */
  readonly variance: number;
  /** The sampled inputs in scaled units, float32 [sampleRows, dIn]. */
  readonly sample: Float32Array;
  readonly sampleRows: number;
}

export interface SampledData {
  /** float32 [rows, dIn], raw units */
  readonly x: Float32Array;
  /** float32 [rows, dOut], raw units; null where the targets are the inputs. */
  readonly y: Float32Array | null;
}

/** Scale, centre and variance of a sample; each source of `sizes` is scaled by itself. Kinds as measureData. */
export function measureSample({ x, y }: SampledData, sizes: Sizes, biasInit: BiasInit, scaling: Scaling): DataFigures {
  const rows = x.length / sizes.dIn;
  const inputs = measureSources(x, sizes.dIn, sizes.sources, biasInit, scaling);
  const targets = y === null ? inputs : measureSources(y, sizes.dOut, 1, biasInit, scaling);
  const sample = x.map((value, i) => value * inputs.scale[i % sizes.dIn]!);
  return {
    inputScale: inputs.scale, outputScale: targets.scale, centre: inputs.centre, targetCentre: targets.centre,
    variance: targets.variance, sample, sampleRows: rows,
  };
}

interface JoinedFigures {
  readonly scale: Float32Array;
  readonly centre: Float32Array;
  readonly variance: number;
}

function measureSources(x: Float32Array, d: number, sources: number, biasInit: BiasInit, scaling: Scaling): JoinedFigures {
  const width = d / sources;
  const [scale, centre] = [new Float32Array(d), new Float32Array(d)];
  let variance = 0;
  for (let source = 0; source < sources; source++) {
    const figures = measureData(sources === 1 ? x : columns(x, d, source * width, width), width, biasInit, scaling);
    scale.fill(figures.scale, source * width, (source + 1) * width);
    centre.set(figures.centre, source * width);
    variance += figures.variance;
  }
  return { scale, centre, variance };
}

/** Columns `first` to `first + width` of float32 [rows, d]. */
function columns(x: Float32Array, d: number, first: number, width: number): Float32Array {
  const out = new Float32Array((x.length / d) * width);
  for (let at = first, to = 0; at < x.length; at += d, to += width) out.set(x.subarray(at, at + width), to);
  return out;
}

type BiasInit = 'mean' | 'median' | 'zero';

/**
 * @param x float32 [rows, dIn], raw units
 * @param biasInit what the centre is: the mean, the geometric median, or zero
 * @throws LoupeError `not-finite`, or `bad-file` when the activations do not vary
 */
export function measureData(x: Float32Array, dIn: number, biasInit: BiasInit, scaling: Scaling = 'root-d'): SourceFigures {
  const rows = x.length / dIn;
  let norms = 0;
  let squares = 0;
  const sum = new Float64Array(dIn);
  for (let r = 0; r < rows; r++) {
    let square = 0;
    for (let i = 0; i < dIn; i++) {
      const value = x[r * dIn + i]!;
      square += value * value;
      sum[i]! += value;
    }
    if (!Number.isFinite(square)) throw new LoupeError('not-finite', `row ${r} of the sampled activations holds a value that is not a finite number. Harvest again.`);
    norms += Math.sqrt(square);
    squares += square;
  }
  const scale = scaling === 'none' ? 1 : (scaling === 'root-d' ? Math.sqrt(dIn) : 1) / (norms / rows);
  const meanSquare = sum.reduce((total, s) => total + (s / rows) ** 2, 0);
  const variance = (squares / rows - meanSquare) * scale * scale;
  if (!(variance > leastVariance * (squares / rows) * scale * scale) || !Number.isFinite(scale)) {
    throw new LoupeError('bad-file', `the ${rows} sampled activations are all equal, up to rounding: there is nothing to train on. Is the corpus one token repeated? Check it, the hook and the store.`);
  }
  const centre = biasInit === 'median' ? geometricMedian(x, dIn) : Float64Array.from(sum, (s) => (biasInit === 'mean' ? s / rows : 0));
  return { scale, variance, centre: Float32Array.from(centre, (v) => v * scale) };
}

/** Weiszfeld's algorithm (at most 100 rounds, relative tolerance 1e-5, as dictionary_learning), float64 [dIn]. x float32 [rows, dIn]. */
export function geometricMedian(x: Float32Array, dIn: number, rounds = 100, tolerance = 1e-5): Float64Array {
  const rows = x.length / dIn;
  let guess = new Float64Array(dIn);
  for (let r = 0; r < rows; r++) for (let i = 0; i < dIn; i++) guess[i]! += x[r * dIn + i]! / rows;
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(dIn);
    let weights = 0;
    for (let r = 0; r < rows; r++) {
      let square = 0;
      for (let i = 0; i < dIn; i++) square += (x[r * dIn + i]! - guess[i]!) ** 2;
      const weight = 1 / Math.max(Math.sqrt(square), 1e-12);
      weights += weight;
      for (let i = 0; i < dIn; i++) next[i]! += weight * x[r * dIn + i]!;
    }
    let [moved, size] = [0, 0];
    for (let i = 0; i < dIn; i++) {
      next[i]! /= weights;
      moved += (next[i]! - guess[i]!) ** 2;
      size += next[i]! ** 2;
    }
    guess = next;
    if (moved <= tolerance * tolerance * Math.max(size, 1e-24)) break;
  }
  return guess;
}
