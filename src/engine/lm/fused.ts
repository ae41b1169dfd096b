/**
 * The forward pass's fused kernels (native/src/lm_*.cc). Each has its twin in stock ops where it is called, which runs on
 * other backends, wherever a hook inside is touched, and wherever gradients are wanted.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { HookRun } from './hook-run.ts';

/** Whether the op is there and nothing in this pass forbids it. */
export function canFuse(op: string, run: Pick<HookRun, 'differentiable'>): boolean {
  return !run.differentiable && hasNative(op);
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
  const { batch, length, heads, kvHeads } = shape;
  const attrs = { batch: { int: batch }, length: { int: length }, heads: { int: heads }, kv_heads: { int: kvHeads } };
  return only(executeNative('LoupeAttention', attrs, [qkv, cos, sin, documents], 1));
}
