/**
 * The forward pass's fused kernels (native/src/lm_*.cc). Each has its twin in stock ops where it is called, which runs on
 * other backends, wherever a hook inside is touched, and wherever gradients are wanted (but for attention, which has its gradient).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { OpAttrs } from '../backend/native-binding.ts';
import type { HookRun } from './hook-run.ts';

/** Whether the op is there and nothing in this pass forbids it. */
export function canFuse(op: string, run: Pick<HookRun, 'differentiable'>): boolean {
  return !run.differentiable && hasNative(op);
}

/** Whether the op will be there, as far as is known: for estimates made before a backend is chosen. */
export function expectNative(op: string): boolean {
  return (tf.engine().backendName as string | undefined) === undefined || hasNative(op);
}

function only(outputs: Tensor[]): Tensor2D {
  return outputs[0] as Tensor2D;
}

/** x float32 [rows, d], weight float32 [d] -> x / sqrt(mean(x^2) + eps) * weight, float32 [rows, d]. */
export function fusedRmsNorm(x: Tensor2D, weight: Tensor1D, eps: number): Tensor2D {
  return only(executeNative('LoupeRmsNorm', { eps: { float: eps } }, [x, weight], 1));
}

/** a, b float32 [rows, d], weight float32 [d] -> [a + b, its RMSNorm], float32 [rows, d] each. */
export function fusedAddRmsNorm(a: Tensor2D, b: Tensor2D, weight: Tensor1D, eps: number): [Tensor2D, Tensor2D] {
  return executeNative('LoupeAddRmsNorm', { eps: { float: eps } }, [a, b, weight], 2) as [Tensor2D, Tensor2D];
}

/** hidden float32 [rows, 2 * dMlp] -> silu(first half) * second half, float32 [rows, dMlp]. */
export function fusedSiluGate(hidden: Tensor2D): Tensor2D {
  return only(executeNative('LoupeSiluGate', {}, [hidden], 1));
}

export interface AttentionShape {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/**
 * Causal attention with rotary embedding in one pass.
 *
 * qkv float32 [batch * length, (heads + 2 kvHeads) * dHead]; cos, sin float32 [length, dHead / 2] (or [0, 0] without rotation);
 * documents int32 [batch * length] (or [0]: one document a row) -> z float32 [batch * length, heads * dHead].
 */
export function fusedAttention(qkv: Tensor2D, cos: Tensor2D, sin: Tensor2D, documents: Tensor1D, shape: AttentionShape): Tensor2D {
  return only(executeNative('LoupeAttention', attributes(shape), [qkv, cos, sin, documents], 1));
}

function attributes({ batch, length, heads, kvHeads }: AttentionShape): OpAttrs {
  return { batch: { int: batch }, length: { int: length }, heads: { int: heads }, kv_heads: { int: kvHeads } };
}

/** Whether attention is there as one kernel, with its gradient where the pass needs that, and nothing in the pass forbids it. */
export function canFuseAttention(run: Pick<HookRun, 'differentiable' | 'freezePatterns'>): boolean {
  return run.differentiable ? !run.freezePatterns && hasNative('LoupeAttentionGrad') : hasNative('LoupeAttention');
}

/** As `fusedAttention`, float32 [batch * length, heads * dHead], with a gradient in qkv (the tables of angles and the documents are constants). The weights are computed again on the way back. */
export function differentiableAttention(qkv: Tensor2D, cos: Tensor2D, sin: Tensor2D, documents: Tensor1D, shape: AttentionShape): Tensor2D {
  const forward = (input: Tensor, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dz: Tensor, saved: Tensor[]) => Tensor } => {
    // The tables and documents belong to the pass's scope, which ends before the way back.
    save([input, cos, sin, documents]);
    return {
      value: fusedAttention(input as Tensor2D, cos, sin, documents, shape),
      gradFunc: (dz, saved) => only(executeNative('LoupeAttentionGrad', attributes(shape), [...saved, dz], 1)),
    };
  };
  return tf.customGrad(forward as Parameters<typeof tf.customGrad>[0])(qkv) as Tensor2D;
}
