/** Experts as one kernel, with its gradient as another (native/src/moe-experts-op.cc). The twin in stock ops is in experts.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../../../backend/native-binding.ts';
import type { Dispatch } from './dispatch.ts';
import type { ExpertActivation, ExpertOutput, ExpertWeights } from './experts.ts';

/** Whether the kernels are there and know the activation. */
export function canFuseExperts(activation: ExpertActivation): boolean {
  return (activation === 'relu' || activation === 'gelu') && hasNative('LoupeExperts') && hasNative('LoupeExpertsGrad');
}

type Gradient = { readonly value: Tensor; readonly gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] };

/**
 * `applyExperts` without the output's bias; differentiable in x, the weights, encoder biases and gates. Where not `learning`, gradients of weights and
 * biases are not made.
 *
 * @param x float32 [tokens, dModel]
 * @param gates float32 [slots, 1], in the order of slots
 */
export function fusedExperts(x: Tensor2D, { wEnc, bEnc, wDec }: ExpertWeights, gates: Tensor2D, plan: Dispatch, activation: ExpertActivation, learning = true): ExpertOutput {
  const { slots, places, tokens, k, groups } = plan;
  const counts = new Int32Array(wEnc.shape[0]);
  for (const { expert, count } of groups) counts[expert] = count;
  const order = [
    tf.tensor1d(slots.map((slot) => Math.floor(slot / k)), 'int32'), tf.tensor2d(places, [tokens, k], 'int32'), tf.tensor1d(counts, 'int32'),
  ];
  const attrs = { activation: { string: activation } };
  let l0: Tensor | undefined;
  const forward = (...args: unknown[]): Gradient => {
    const save = args.pop() as (tensors: Tensor[]) => void;
    const [input, encoders, decoders, scales, biases] = args as Tensor[];
    const flat = tf.reshape(scales!, [slots.length]);
    const [y, kept, fired] = executeNative('LoupeExperts', attrs, [input!, encoders!, decoders!, flat, ...order, biases ?? tf.zeros([0])], 3);
    l0 = tf.keep(fired!);
    save([input!, encoders!, decoders!, flat, ...order, kept!]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [dx, dEnc, dDec, dScales, dBiases] = executeNative('LoupeExpertsGrad', { ...attrs, weights: { bool: learning } }, [...saved, dy], 5);
      const gradients = [dx!, dEnc!, dDec!, tf.reshape(dScales!, scales!.shape)];
      if (biases === undefined) dBiases!.dispose();
      return biases === undefined ? gradients : [...gradients, dBiases!];
    };
    return { value: y!, gradFunc };
  };
  const y = tf.customGrad(forward as unknown as Parameters<typeof tf.customGrad>[0])(x, wEnc, wDec, gates, ...(bEnc === null ? [] : [bEnc])) as Tensor2D;
  // The kernel's second answer, given to the scope that the first belongs to.
  const fired = tf.clone(l0!) as Tensor1D;
  l0!.dispose();
  return { y, l0: fired };
}
