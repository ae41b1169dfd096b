/** Cross-entropy of a large vocabulary: one softmax, and no one-hot matrix. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Sum over rows of -log softmax(logits)[target] in nats, float32 []; differentiable in the logits.
 *
 * @param logits float32 [rows, classes]
 * @param targets int32 [rows]; a negative target leaves its row out
 */
export function crossEntropySum(logits: Tensor2D, targets: Int32Array): Scalar {
  const counted = Int32Array.from(targets.keys()).filter((row) => targets[row]! >= 0);
  const places = new Int32Array(counted.length * 2);
  counted.forEach((row, i) => places.set([row, targets[row]!], 2 * i));
  const at = (): Tensor2D => tf.tensor2d(places, [counted.length, 2], 'int32');
  const forward = (input: Tensor, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    const logP = tf.logSoftmax(input);
    save([logP]);
    const gradFunc = (dy: Tensor, [saved]: Tensor[]): Tensor => {
      const wanted = tf.scatterND(at(), tf.ones([counted.length]), input.shape);
      const rows = tf.tensor2d(Float32Array.from(targets, (target) => (target < 0 ? 0 : 1)), [targets.length, 1]);
      return tf.mul(tf.sub(tf.mul(tf.exp(saved!), rows), wanted), dy);
    };
    return { value: counted.length === 0 ? tf.scalar(0) : tf.neg(tf.sum(tf.gatherND(logP, at()))), gradFunc };
  };
  return tf.customGrad(forward as Parameters<typeof tf.customGrad>[0])(logits) as Scalar;
}
