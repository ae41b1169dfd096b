/**
 * Dictionaries whose figures are known: the identity, nothing, and the mean. They go through the same code as any other, and what
 * comes out is compared with what must come out (metrics.md section 4).
 */
import type { Dictionary, DictionaryProvenance, SparseCodes } from '../sae/dictionary.ts';
import type { DownstreamFigures } from './downstream.ts';
import type { ReconstructionMetrics } from './reconstruction.ts';

export type CheckKind = 'identity' | 'zero' | 'mean';

const provenance = (variant: string): DictionaryProvenance => ({
  format: 'loupe-dictionary', version: 1, variant, model: null, corpus: null, hookPoint: '', contextLength: 0, prependBos: false, config: {}, seed: 0,
  tokensSeen: 0, codeVersion: '', backend: '', check: { x: '', latents: '', reconstruction: '' },
});

/** The kind's dictionary of width d; `mean` float32 [d] is what the last one answers. The identity has a latent a dimension, the others never fire. */
export function checkDictionary(kind: CheckKind, mean: Float32Array): Dictionary {
  const d = mean.length;
  const wDec = new Float32Array(d * d);
  for (let i = 0; i < d; i++) wDec[i * d + i] = 1;
  const bDec = kind === 'mean' ? mean : new Float32Array(d);
  const indices = (rows: number): Int32Array => Int32Array.from({ length: rows * d }, (_, i) => i % d);
  const none = (rows: number): SparseCodes => ({ rows, width: 0, indices: new Int32Array(0), values: new Float32Array(0) });
  const reconstruct = (x: Float32Array, rows: number): Float32Array => (kind === 'identity' ? x.slice() : Float32Array.from({ length: rows * d }, (_, i) => bDec[i % d]!));
  return {
    dIn: d, dOut: d, dSae: d, wDec, bDec, provenance: provenance(kind), reconstruct, decode: (codes, x) => reconstruct(x, codes.rows),
    encode: (x, rows) => (kind === 'identity' ? { rows, width: d, indices: indices(rows), values: x.slice() } : none(rows)),
    dispose: () => {},
  };
}

export interface CheckResult {
  readonly kind: CheckKind;
  readonly metric: string;
  readonly value: number;
  readonly expected: string;
  readonly ok: boolean;
}

type Expectation = readonly [metric: string, value: number, expected: string, ok: (value: number) => boolean];

const near = (metric: string, value: number, target: number, tolerance: number): Expectation =>
  [metric, value, `${Number(target.toPrecision(6))} within ${Number(tolerance.toPrecision(2))}`, (v) => Math.abs(v - target) <= tolerance];

/** float32 activations, float64 sums. */
const exact = 1e-5;
/** Nats: a second pass of the model may add up in another order. */
const nats = 2e-3;

function reconstructionExpectations(kind: CheckKind, { fvu, ev, cosine, l2Ratio, gamma, l0 }: ReconstructionMetrics): Expectation[] {
  if (kind === 'identity') {
    const ones = ([['ev', ev], ['cosine', cosine], ['l2Ratio', l2Ratio], ['gamma', gamma]] as const).map(([name, value]) => near(name, value, 1, exact));
    return [near('fvu', fvu, 0, exact), ...ones];
  }
  if (kind === 'mean') return [near('fvu', fvu, 1, exact), near('ev', ev, 0, exact), near('l0', l0, 0, 0)];
  return [['ev', ev, '0 or less', (v) => v <= exact], near('l2Ratio', l2Ratio, 0, 0), near('l0', l0, 0, 0)];
}

function downstreamExpectations(kind: CheckKind, figures: DownstreamFigures): Expectation[] {
  const { ce, ceSpliced, ceZero, ceMean, deltaCe, lossRecovered, lossRecoveredMean, kl, klScore, klScoreMean } = figures;
  const informative = (ablated: number): number => nats / Math.max(1e-9, Math.abs(ablated - ce));
  if (kind === 'identity') {
    return [near('deltaCe', deltaCe, 0, nats), near('kl', kl, 0, nats), near('lossRecovered', lossRecovered, 1, informative(ceZero)), near('lossRecoveredMean', lossRecoveredMean, 1, informative(ceMean))];
  }
  const ablated = kind === 'zero' ? ceZero : ceMean;
  const [recovered, score] = kind === 'zero' ? [lossRecovered, klScore] : [lossRecoveredMean, klScoreMean];
  const suffix = kind === 'zero' ? '' : 'Mean';
  return [
    near('ceSpliced', ceSpliced, ablated, nats),
    near(`lossRecovered${suffix}`, recovered, 0, informative(ablated)),
    [`klScore${suffix}`, score, '0 within 0.002', (v) => Math.abs(v) <= 2e-3],
  ];
}

/** Each expectation beside what came out. `downstream` is null where no model was given. */
export function checkFigures(kind: CheckKind, reconstruction: ReconstructionMetrics, downstream: DownstreamFigures | null): CheckResult[] {
  const expectations = [...reconstructionExpectations(kind, reconstruction), ...(downstream === null ? [] : downstreamExpectations(kind, downstream))];
  return expectations.map(([metric, value, expected, ok]) => ({ kind, metric, value, expected, ok: ok(value) }));
}
