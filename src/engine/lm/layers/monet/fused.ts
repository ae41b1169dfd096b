/**
 * Monet's native kernels (native/src/monet-*): adaptive gates, what the auxiliary losses read of them, and whole layers that compute only the sub-experts
 * which a token's gates let through. Each has its gradient, and its twin in stock ops beside it (gates.ts, losses.ts, hd.ts, vd.ts).
 *
 * A gate that is exactly 0 gets the gradient 0 here, where the twins give what it would change: its logit has none either way.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../../../backend/native-binding.ts';
import type { OpAttrs } from '../../../backend/native-binding.ts';
import { expectNative } from '../../fused.ts';
import type { LogitStatistics } from './gates.ts';
import type { HdWeights } from './hd.ts';
import type { Gates } from './pairs.ts';
import type { VdWeights } from './vd.ts';

/** Whether the kernels are there. */
export function canFuseMonet(): boolean {
  return hasNative('LoupeMonetVdGrad');
}

/** Whether they will be, as far as is known. */
export function expectFusedMonet(): boolean {
  return expectNative('LoupeMonetVdGrad');
}

/** What an op saves for the way back, and its gradient op: of `saved` and dy, in the order of `inputs`. */
interface Step {
  readonly value: Tensor;
  readonly saved: readonly Tensor[];
  gradient(saved: readonly Tensor[], dy: Tensor): Tensor[];
}

function differentiable(inputs: readonly Tensor[], forward: (inputs: readonly Tensor[]) => Step): Tensor {
  const wrapped = (...all: [...Tensor[], (tensors: Tensor[]) => void]): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] } => {
    const save = all.at(-1) as (tensors: Tensor[]) => void;
    const { value, saved, gradient } = forward(all.slice(0, -1) as Tensor[]);
    save([...saved]);
    return { value, gradFunc: (dy, kept) => gradient(kept, dy) };
  };
  return tf.customGrad(wrapped as unknown as Parameters<typeof tf.customGrad>[0])(...inputs);
}

function call(op: string, inputs: readonly Tensor[], outputs: number, attrs: OpAttrs = {}): Tensor[] {
  return executeNative(op, attrs, inputs, outputs);
}

/** As `logitStatistics`: float32 [heads] each, of logits float32 [tokens, heads, s]. */
export function fusedStatistics(logits: Tensor3D): LogitStatistics {
  const [mean, variance] = call('LoupeMonetMoments', [logits], 2) as [Tensor1D, Tensor1D];
  return { mean, variance };
}

/** As `adaptiveGates`, with the threshold of `gateThreshold`: logits float32 [tokens, heads, s] -> gates of the same shape. */
export function fusedGates(logits: Tensor3D, threshold: number, { mean, variance }: LogitStatistics): Tensor3D {
  return differentiable([logits], ([z]) => {
    const [value] = call('LoupeMonetGates', [z!, mean, variance], 1, { threshold: { float: threshold } });
    return { value: value!, saved: [value!], gradient: ([gates], dy) => call('LoupeMonetGatesGrad', [gates!, dy], 1) };
  }) as Tensor3D;
}

/** Means over tokens of gates float32 [tokens, heads, s]: of each, of a head's largest, of how many a head lets through: float32 [heads * s + 2]. The last has no gradient. */
export function fusedUse(gates: Tensor3D): Tensor1D {
  return differentiable([gates], ([g]) => ({ value: call('LoupeMonetUse', [g!], 1)[0]!, saved: [g!], gradient: ([kept], dy) => call('LoupeMonetUseGrad', [kept!, dy], 1) })) as Tensor1D;
}

/** As `applyHd` with `factoredPairs(gates)`: x float32 [tokens, dModel], normed -> y of the same shape. */
export function fusedHd(x: Tensor2D, { u, bU, v, b }: HdWeights, { gates1, gates2 }: Gates): Tensor2D {
  return differentiable([x, gates1, gates2, u, bU, v, b], (inputs) => {
    const [value, codes] = call('LoupeMonetHd', inputs, 2);
    const [rows, g1, g2, wU, , wV, wB] = inputs;
    return { value: value!, saved: [rows!, g1!, g2!, wU!, wV!, wB!, codes!], gradient: (saved, dy) => call('LoupeMonetHdGrad', [...saved, dy], 7) };
  }) as Tensor2D;
}

/** As `applyVd` with `factoredPairs(gates)`: x float32 [tokens, dModel], normed -> y of the same shape. */
export function fusedVd(x: Tensor2D, weights: VdWeights, { gates1, gates2 }: Gates): Tensor2D {
  const { u1, u2, bU1, bU2, v11, v12, v21, v22, b1, b2 } = weights;
  return differentiable([x, gates1, gates2, u1, u2, bU1, bU2, v11, v12, v21, v22, b1, b2], (inputs) => {
    const [value, ...codes] = call('LoupeMonetVd', inputs, 3);
    const saved = [...inputs.slice(0, 5), ...inputs.slice(7), ...codes];
    return { value: value!, saved, gradient: (kept, dy) => call('LoupeMonetVdGrad', [...kept, dy], 13) };
  }) as Tensor2D;
}
