/**
 * Experts that are MLPs side by side, y = sum over experts of gate_e W_dec[e]^T act(W_enc[e] x + b_enc[e]), and the same function as one wide MLP whose
 * hidden units are masked and scaled by the gates (MoE-X, Yang et al. 2025, arXiv 2503.07639, section 3.1).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { activate } from '../../activations.ts';
import { constant } from '../../constant.ts';
import type { ModelConfig } from '../../definition.ts';
import type { Dispatch } from './dispatch.ts';
import { fromSlots, inSlotOrder, planDispatch, toSlots } from './dispatch.ts';
import { choiceMask } from './gates.ts';
import type { Choice } from './gates.ts';
import { canFuseExperts, fusedExperts } from './native-experts.ts';

export interface ExpertWeights {
  /** float32 [experts, width, dModel] */
  readonly wEnc: Tensor3D;
  /** float32 [experts, width] */
  readonly bEnc: Tensor2D | null;
  /** A row a hidden unit, as in dictionaries: float32 [experts, width, dModel]. */
  readonly wDec: Tensor3D;
  /** float32 [dModel] */
  readonly bDec: Tensor1D | null;
}

export type ExpertActivation = ModelConfig['activation'];

/** Parts of x, along rows; `tf.split` has no gradient for one part. */
function rowParts(x: Tensor2D, sizes: number[]): Tensor2D[] {
  return sizes.length === 1 ? [x] : tf.split(x, sizes, 0);
}

function hidden(x: Tensor2D, wEnc: Tensor2D, bEnc: Tensor | null, activation: ExpertActivation): Tensor2D {
  const pre = tf.matMul(x, wEnc, false, true);
  return activate(bEnc === null ? pre : tf.add(pre, bEnc), activation) as Tensor2D;
}

export interface ExpertOutput {
  /** float32 [tokens, dModel] */
  readonly y: Tensor2D;
  /** Units of an expert that fire on a token that it was given, mean over those: float32 [experts], NaN where it was given none; no gradient. */
  readonly l0: Tensor1D;
}

/**
 * Each expert sees its own tokens only: tokens * k * width * dModel multiplications. No token is dropped, whatever the load (no capacity).
 *
 * @param x float32 [tokens, dModel]
 * @param gates float32 [tokens, experts], 0 outside the choice
 * @param learning false: no gradient of the weights is asked for
 */
export function applyExperts(x: Tensor2D, weights: ExpertWeights, gates: Tensor2D, choice: Choice, activation: ExpertActivation, learning = true): ExpertOutput {
  const count = weights.wEnc.shape[0];
  const plan = planDispatch(choice, count);
  const own = tf.sum(tf.mul(choiceMask(choice, count), tf.expandDims(gates, 1)), 2) as Tensor2D;
  const scales = inSlotOrder(own, plan);
  const { y, l0 } = canFuseExperts(activation) ? fusedExperts(x, weights, scales, plan, activation, learning) : stockExperts(x, weights, scales, plan, activation);
  return { y: withBias(y, weights.bDec), l0 };
}

/** `fusedExperts` in stock ops: x float32 [tokens, dModel], gates float32 [slots, 1] in the order of slots. */
export function stockExperts(x: Tensor2D, weights: ExpertWeights, gates: Tensor2D, plan: Dispatch, activation: ExpertActivation): ExpertOutput {
  const count = weights.wEnc.shape[0];
  const sizes = plan.groups.map((group) => group.count);
  const scales = rowParts(gates, sizes);
  const rows = rowParts(toSlots(x, plan), sizes);
  const [wEnc, wDec] = [tf.unstack(weights.wEnc), tf.unstack(weights.wDec)] as [Tensor2D[], Tensor2D[]];
  const bEnc = weights.bEnc === null ? null : tf.unstack(weights.bEnc);
  const l0 = Array.from({ length: count }, () => tf.scalar(Number.NaN) as Tensor);
  const outputs = plan.groups.map(({ expert }, at) => {
    const code = hidden(rows[at]!, wEnc[expert]!, bEnc?.[expert] ?? null, activation);
    l0[expert] = tf.mean(tf.sum(firing(code), 1));
    return tf.matMul(tf.mul(code, scales[at]!) as Tensor2D, wDec[expert]!) as Tensor2D;
  });
  return { y: fromSlots(outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 0), plan), l0: tf.stack(l0) as Tensor1D };
}

/** 1 where a unit is not 0. */
function firing(code: Tensor2D): Tensor2D {
  return tf.cast(tf.notEqual(constant(code), 0), 'float32');
}

function withBias(y: Tensor2D, bias: Tensor1D | null): Tensor2D {
  return bias === null ? y : tf.add(y, bias);
}

/**
 * The hidden code of the wide form: gate_e act(W_enc[e] x + b_enc[e]) of unit (e, j) at e * width + j. Costs all experts on all tokens.
 *
 * @param x float32 [tokens, dModel]
 * @param gates float32 [tokens, experts], not negative
 * @returns float32 [tokens, experts * width]
 */
export function wideCode(x: Tensor2D, { wEnc, bEnc }: ExpertWeights, gates: Tensor2D, activation: ExpertActivation): Tensor2D {
  const [experts, width, dModel] = wEnc.shape;
  const code = hidden(x, tf.reshape(wEnc, [experts * width, dModel]), bEnc === null ? null : tf.reshape(bEnc, [-1]), activation);
  return tf.reshape(tf.mul(tf.reshape(code, [-1, experts, width]), tf.expandDims(gates, 2)), [-1, experts * width]);
}

/** The output for a wide code float32 [tokens, experts * width]: float32 [tokens, dModel]. */
export function wideOutput(code: Tensor2D, { wDec, bDec }: ExpertWeights): Tensor2D {
  const [experts, width, dModel] = wDec.shape;
  return withBias(tf.matMul(code, tf.reshape(wDec, [experts * width, dModel]) as Tensor2D), bDec);
}

/** `l0` of a wide code float32 [tokens, experts * width]: float32 [experts]. */
export function wideL0(code: Tensor2D, choice: Choice, experts: number): Tensor1D {
  const fired = tf.sum(tf.reshape(firing(code), [choice.tokens, experts, -1]), [0, 2]);
  return tf.div(fired, tf.sum(choiceMask(choice, experts), [0, 1])) as Tensor1D;
}
