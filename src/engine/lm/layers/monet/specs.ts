/** Monet's parameters, which start at N(0, 0.02^2), biases at 0 (released code of Park et al. 2024, arXiv 2412.04139). */
import { LoupeError } from '../../../../shared/errors.ts';
import type { ParameterSpec, Specs } from '../definition.ts';
import { normal, ones, weightStd, zeros } from '../starts.ts';
import type { MonetShape } from './parameters.ts';

/** The s of `experts` experts. Kind bad-config where that is no square of a whole number. */
export function subExperts(experts: number): number {
  const s = Math.round(Math.sqrt(experts));
  if (s * s === experts && s > 0) return s;
  throw new LoupeError('bad-config', `experts is ${experts}: they are pairs of s halves, so choose a square, like ${Math.max(1, s) ** 2}`);
}

const matrix = (...shape: number[]): ParameterSpec => ({ shape, start: normal(weightStd), decay: true });
const bias = (...shape: number[]): ParameterSpec => ({ shape, start: zeros, decay: false });

/** u, v [s, m, dModel]; bU [s, m]; b [s, dModel]. */
export function hdSpecs({ s, m, dModel }: MonetShape): Specs {
  return { u: matrix(s, m, dModel), bU: bias(s, m), v: matrix(s, m, dModel), b: bias(s, dModel) };
}

/** What the vertical decomposition cannot halve, or null. */
export function halvesProblem({ m, dModel }: Pick<MonetShape, 'm' | 'dModel'>): string | null {
  const odd = Object.entries({ m, dModel }).find(([, value]) => value % 2 !== 0);
  return odd === undefined ? null : `${odd[0]} is ${odd[1]}: the vertical decomposition halves it, so choose an even number`;
}

/** u1, u2 [s, m / 2, dModel]; v11, v12, v21, v22 [s, m / 2, dModel / 2]; biases [s, m / 2] and [s, dModel / 2]. Kind bad-config where m or dModel is odd. */
export function vdSpecs(shape: MonetShape): Specs {
  const problem = halvesProblem(shape);
  if (problem !== null) throw new LoupeError('bad-config', problem);
  const { s, dModel } = shape;
  const [hidden, half] = [shape.m / 2, dModel / 2];
  return {
    u1: matrix(s, hidden, dModel), u2: matrix(s, hidden, dModel), bU1: bias(s, hidden), bU2: bias(s, hidden),
    v11: matrix(s, hidden, half), v12: matrix(s, hidden, half), v21: matrix(s, hidden, half), v22: matrix(s, hidden, half),
    b1: bias(s, half), b2: bias(s, half),
  };
}

/** w1, w2 [heads * s, dModel]. */
export function routerSpecs(s: number, heads: number, dModel: number): Specs {
  return { w1: matrix(heads * s, dModel), w2: matrix(heads * s, dModel) };
}

/** Running statistics of both halves, [heads] each: mean 0, variance 1 before the first batch. The optimiser leaves them alone. */
export function statisticsSpecs(heads: number): Specs {
  const running = (start: ParameterSpec['start']): ParameterSpec => ({ shape: [heads], start, decay: false, trained: false });
  return { mean1: running(zeros), variance1: running(ones), mean2: running(zeros), variance2: running(ones) };
}
