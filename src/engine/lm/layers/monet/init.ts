/** Monet's weights at the start: N(0, 0.02^2), biases 0 (released code of Park et al. 2024, arXiv 2412.04139). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import type { Random } from '../../../random.ts';
import type { HdWeights } from './hd.ts';
import type { RouterStatistics, RouterWeights } from './router.ts';
import type { VdWeights } from './vd.ts';

export interface MonetShape {
  /** Sub-experts of a half: s^2 experts. */
  readonly s: number;
  /** Hidden units of an expert. */
  readonly m: number;
  readonly dModel: number;
}

const scale = 0.02;

/** The s of `experts` experts. Kind bad-config where that is no square of a whole number. */
export function subExperts(experts: number): number {
  const s = Math.round(Math.sqrt(experts));
  if (s * s === experts && s > 0) return s;
  throw new LoupeError('bad-config', `experts is ${experts}: they are pairs of s halves, so choose a square, like ${Math.max(1, s) ** 2}`);
}

function normals(random: Random, shape: [number, number, number]): Tensor3D {
  return tf.tensor3d(random.normals(shape[0] * shape[1] * shape[2], scale), shape);
}

/** u, v float32 [s, m, dModel]; bU [s, m]; b [s, dModel]. */
export function initHd({ s, m, dModel }: MonetShape, random: Random): HdWeights {
  return { u: normals(random, [s, m, dModel]), bU: tf.zeros([s, m]), v: normals(random, [s, m, dModel]), b: tf.zeros([s, dModel]) };
}

/** u1, u2 float32 [s, m / 2, dModel]; v11, v12, v21, v22 [s, m / 2, dModel / 2]; biases [s, m / 2] and [s, dModel / 2]. Kind bad-config where m or dModel is odd. */
export function initVd({ s, m, dModel }: MonetShape, random: Random): VdWeights {
  for (const [name, value] of Object.entries({ m, dModel })) {
    if (value % 2 !== 0) throw new LoupeError('bad-config', `${name} is ${value}: the vertical decomposition halves it, so choose an even number`);
  }
  const [hidden, half] = [m / 2, dModel / 2];
  const out = (): Tensor3D => normals(random, [s, hidden, half]);
  return {
    u1: normals(random, [s, hidden, dModel]), u2: normals(random, [s, hidden, dModel]),
    bU1: tf.zeros([s, hidden]), bU2: tf.zeros([s, hidden]),
    v11: out(), v12: out(), v21: out(), v22: out(),
    b1: tf.zeros([s, half]), b2: tf.zeros([s, half]),
  };
}

/** w1, w2 float32 [heads * s, dModel]. */
export function initRouter(s: number, heads: number, dModel: number, random: Random): RouterWeights {
  const matrix = (): Tensor2D => tf.tensor2d(random.normals(heads * s * dModel, scale), [heads * s, dModel]);
  return { w1: matrix(), w2: matrix() };
}

/** Running statistics before the first batch, [heads] each: mean 0, variance 1. */
export function initStatistics(heads: number): RouterStatistics {
  const fresh = (): RouterStatistics['first'] => ({ mean: tf.zeros([heads]), variance: tf.ones([heads]) });
  return { first: fresh(), second: fresh() };
}
