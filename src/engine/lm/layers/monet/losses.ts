/** Monet's two auxiliary losses (Park et al. 2024, arXiv 2412.04139, section 3.3): all sub-experts in use, each head decided. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { constant } from '../../constant.ts';
import { canFuseMonet, fusedUse } from './fused.ts';
import type { Gates } from './pairs.ts';

/** Keeps the logarithm finite for a sub-expert that no token of the batch uses. */
const least = 1e-9;

/** -log of mean gates over tokens, mean over heads and sub-experts of both halves, nats, float32 []: log s where all are used alike, and no less. gates float32 [tokens, heads, s]. */
export function uniformityLoss({ gates1, gates2 }: Gates): Scalar {
  const half = (gates: Tensor3D): Tensor => tf.mean(tf.log(tf.add(tf.mean(gates, 0), least)));
  return tf.mul(tf.add(half(gates1), half(gates2)), -0.5);
}

/** 1 - the largest gate of a head, mean over tokens, heads and halves, float32 []: 0 where every head is decided. gates float32 [tokens, heads, s]. */
export function ambiguityLoss({ gates1, gates2 }: Gates): Scalar {
  const half = (gates: Tensor3D): Tensor => tf.mean(tf.max(gates, 2));
  return tf.sub(1, tf.mul(tf.add(half(gates1), half(gates2)), 0.5));
}

/** Halves that a head keeps, mean over tokens, heads and both halves, float32 []: near `active`. gates float32 [tokens, heads, s]. */
export function meanActive({ gates1, gates2 }: Gates): Scalar {
  const half = (gates: Tensor3D): Tensor => tf.mean(tf.sum(tf.cast(tf.greater(constant(gates), 0), 'float32'), 2));
  return tf.mul(tf.add(half(gates1), half(gates2)), 0.5);
}

/** Both losses and `meanActive`, float32 [] each. gates float32 [tokens, heads, s]. */
export interface GateMeasures {
  readonly uniformity: Scalar;
  readonly ambiguity: Scalar;
  readonly active: Scalar;
}

/** As the three functions above, in one pass over the gates where the kernel is there. gates float32 [tokens, heads, s]. */
export function measureGates(gates: Gates): GateMeasures {
  if (!canFuseMonet()) return { uniformity: uniformityLoss(gates), ambiguity: ambiguityLoss(gates), active: meanActive(gates) };
  const width = gates.gates1.size / gates.gates1.shape[0];
  const halves = [gates.gates1, gates.gates2].map((half) => {
    const [means, largest, active] = tf.split(fusedUse(half), [width, 1, 1]) as [Tensor, Tensor, Tensor];
    return { logarithm: tf.mean(tf.log(tf.add(means, least))), largest, active };
  });
  const mean = (name: 'logarithm' | 'largest' | 'active'): Scalar => tf.reshape(tf.mul(tf.add(halves[0]![name], halves[1]![name]), 0.5), []);
  return { uniformity: tf.neg(mean('logarithm')), ambiguity: tf.sub(1, mean('largest')), active: constant(mean('active')) };
}
