/** Gradients of a variant's loss, and their check by finite differences. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { AnyVariant, Batch, LossContext, Weights } from '../../src/engine/sae/definition.ts';
import { assertClose } from './closeness.ts';

type Config = Readonly<Record<string, unknown>>;

/** Gradients of the loss by the names of `trained`; the other weights are constants. */
export function lossGradients(variant: AnyVariant, trained: Weights, others: Weights, batch: Batch, config: Config, context: LossContext): Record<string, Tensor> {
  const names = Object.keys(trained);
  const loss = (...tensors: Tensor[]): Scalar =>
    variant.loss({ ...others, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }, batch, config, context).loss;
  const gradients = tf.grads(loss)(names.map((name) => trained[name]!));
  return Object.fromEntries(names.map((name, i) => [name, gradients[i]!]));
}

/**
 * Every gradient agrees with central differences of the loss in three entries; `step` is small against the distance to a kink. The loss is a
 * float32: one unit in its last place, which processors round differently, is allowed on top of the tolerance.
 */
export function checkByDifferences(
  variant: AnyVariant, trained: Weights, others: Weights, batch: Batch, config: Config, context: LossContext, { step = 1e-3, tolerance = 2e-2 } = {},
): void {
  const gradients = lossGradients(variant, trained, others, batch, config, context);
  for (const [name, value] of Object.entries(trained)) {
    const base = value.dataSync<'float32'>();
    const gradient = gradients[name]!.dataSync();
    for (const at of new Set([0, base.length >> 1, base.length - 1])) {
      const moved = (by: number): number => tf.tidy(() => {
        const weights = { ...others, ...trained, [name]: tf.tensor(base.map((v, i) => (i === at ? v + by : v)), value.shape) };
        return variant.loss(weights, batch, config, context).loss.clone();
      }).dataSync()[0]!;
      const rounding = (2 ** -23 * Math.abs(moved(0))) / step;
      assertClose([gradient[at]!], [(moved(step) - moved(-step)) / (2 * step)], tolerance + rounding, `${name}[${at}]`);
    }
  }
}
