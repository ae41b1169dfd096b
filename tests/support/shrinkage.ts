/** How far a penalty shrinks the activation of the one feature that there is (sae-standard.md section 1). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { AnyVariant, Weights } from '../../src/engine/sae/definition.ts';
import { rowNorms } from '../../src/engine/sae/parts.ts';
import { batchOf, lossContext } from './variants.ts';

/**
 * Trains an encoder on x = a d, with a unit direction d that is the decoder's row and a decoder bias that stays 0 (it would learn x
 * itself). Gives the mean activation in units of x.
 */
export function trainShrinkage(variant: AnyVariant, config: Readonly<Record<string, unknown>>, a: number, more: Weights = {}): number {
  return tf.tidy(() => {
    const d = [0.6, 0.8];
    const x = tf.tensor2d([d.map((v) => v * a)]);
    const fixed = { wDec: tf.tensor2d([d]), bDec: tf.zeros([2]) };
    const start = { wEnc: tf.tensor2d([d]), ...(Object.keys(more).length === 0 ? { bEnc: tf.zeros([1]) } : more) };
    const trained: Record<string, Variable> = Object.fromEntries(Object.entries(start).map(([name, value]) => [name, tf.variable(value)]));
    const adam = tf.train.adam(0.01);
    const context = lossContext({ dIn: 2, dSae: 1 }, { step: 99, steps: 100 });
    const weights = { ...fixed, ...trained };
    for (let step = 0; step < 600; step++) adam.minimize(() => variant.loss(weights, batchOf(x), config, context).loss, false, Object.values(trained));
    const activation = tf.mul(variant.encode(weights, x, config), rowNorms(weights.wDec as Tensor2D) as Tensor1D).dataSync()[0]!;
    adam.dispose();
    Object.values(trained).forEach((variable) => variable.dispose());
    return activation;
  });
}
