/** Causal multi-head attention with grouped keys and values (Ainslie et al. 2023, 2305.13245), hook by hook, or in one fused kernel. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { constant } from './constant.ts';
import type { BlockWeights, ModelConfig } from './definition.ts';
import { canFuse, fusedAttention } from './fused.ts';
import type { HookRun } from './hook-run.ts';
import { applyLinear, splitColumns } from './linear.ts';
import { rotate } from './rope.ts';

/** What attention needs beside the block's weights, the same for every block of a pass. */
export interface AttentionInputs {
  readonly batch: number;
  readonly length: number;
  /** float32 [length, dHead / 2] each; null without rotary positions */
  readonly rope: { readonly cos: Tensor2D; readonly sin: Tensor2D } | null;
  /** Document of each token, int32 [batch * length]; null: each row is one document */
  readonly documents: Tensor1D | null;
  /** 0 where a query may look, -infinity elsewhere: float32 [1 or batch, 1, length, past + length]; null when every block is fused */
  readonly mask: Tensor | null;
}

/** Rotated keys, and values, of the tokens before this pass: float32 [batch, kvHeads, past, dHead]. */
export interface LayerCache {
  keys: Tensor4D | null;
  values: Tensor4D | null;
}

/** Hooks inside the fused kernel: touching one of them takes the block through stock ops. */
export const innerAttentionHooks = ['hook_q', 'hook_k', 'hook_v', 'hook_rot_q', 'hook_rot_k', 'hook_attn_scores', 'hook_pattern'];

/** x float32 [batch * length, dModel], normed -> attention's output, float32 [batch * length, dModel]. `prefix` is "blocks.3.". */
export function applyAttention(
  x: Tensor2D, weights: BlockWeights, config: ModelConfig, run: HookRun, prefix: string, inputs: AttentionInputs, cache: LayerCache | null,
): Tensor2D {
  const qkv = applyLinear(x, weights.qkv, run);
  const fuse = cache === null && !run.touchesAny(`${prefix}attn.`, innerAttentionHooks) && canFuse('LoupeAttention', run);
  const z = fuse ? fused(qkv, config, inputs) : hooked(qkv, config, run, `${prefix}attn.`, inputs, cache);
  return applyLinear(run.at(`${prefix}attn.hook_z`, z), weights.attnOut, run);
}

function fused(qkv: Tensor2D, { heads, kvHeads }: ModelConfig, { batch, length, rope, documents }: AttentionInputs): Tensor2D {
  const cos = rope?.cos ?? tf.zeros([0, 0]);
  const sin = rope?.sin ?? tf.zeros([0, 0]);
  return fusedAttention(qkv, cos as Tensor2D, sin as Tensor2D, documents ?? tf.zeros([0], 'int32'), { batch, length, heads, kvHeads });
}

function hooked(qkv: Tensor2D, config: ModelConfig, run: HookRun, prefix: string, inputs: AttentionInputs, cache: LayerCache | null): Tensor2D {
  const { heads, kvHeads, dHead } = config;
  const { batch, length, rope } = inputs;
  const parts = splitColumns(qkv, [heads * dHead, kvHeads * dHead, kvHeads * dHead]);
  const hook = (name: string, value: Tensor, count: number): Tensor4D => run.at(prefix + name, tf.reshape(value, [batch, length, count, dHead])) as Tensor4D;
  const [q, k, v] = [hook('hook_q', parts[0]!, heads), hook('hook_k', parts[1]!, kvHeads), hook('hook_v', parts[2]!, kvHeads)];
  const turn = (value: Tensor4D): Tensor4D => (rope === null ? value : rotate(value, tf.expandDims(rope.cos, 1), tf.expandDims(rope.sin, 1)));
  const rotQ = rope === null ? q : hook('hook_rot_q', turn(q), heads);
  const rotK = rope === null ? k : hook('hook_rot_k', turn(k), kvHeads);
  const [keys, values] = extend(cache, byHead(rotK), byHead(v));
  const group = heads / kvHeads;
  // Queries that share keys stand one under the other: [batch, kvHeads, group * length, dHead].
  const grouped = tf.reshape(byHead(rotQ), [batch, kvHeads, group * length, dHead]) as Tensor4D;
  const total = keys.shape[2];
  const raw = tf.reshape(tf.mul(tf.matMul(grouped, keys, false, true), 1 / Math.sqrt(dHead)), [batch, heads, length, total]);
  const scores = run.at(`${prefix}hook_attn_scores`, tf.add(raw, inputs.mask!));
  const softmax = tf.softmax(scores, 3);
  const pattern = run.at(`${prefix}hook_pattern`, run.freezePatterns ? constant(softmax) : softmax);
  const z = tf.matMul(tf.reshape(pattern, [batch, kvHeads, group * length, total]) as Tensor4D, values);
  return tf.reshape(tf.transpose(tf.reshape(z, [batch, heads, length, dHead]), [0, 2, 1, 3]), [batch * length, heads * dHead]) as Tensor2D;
}

/** [batch, length, heads, dHead] -> [batch, heads, length, dHead]. */
function byHead(value: Tensor4D): Tensor4D {
  return tf.transpose(value, [0, 2, 1, 3]);
}

function extend(cache: LayerCache | null, keys: Tensor4D, values: Tensor4D): [Tensor4D, Tensor4D] {
  if (cache === null) return [keys, values];
  const join = (past: Tensor4D | null, now: Tensor4D): Tensor4D => {
    const joined = past === null ? tf.clone(now) : tf.concat([past, now], 2);
    past?.dispose();
    return tf.keep(joined);
  };
  cache.keys = join(cache.keys, keys);
  cache.values = join(cache.values, values);
  return [cache.keys, cache.values];
}
