/** Causal multi-head attention with grouped keys and values (Ainslie et al. 2023, 2305.13245), hook by hook, or in one fused kernel. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { softCap } from './activations.ts';
import type { AttentionInputs } from './attention-inputs.ts';
import { constant } from './constant.ts';
import type { BlockWeights, ModelConfig, Norm } from './definition.ts';
import { canFuseAttention, differentiableAttention, fusedAttention } from './fused.ts';
import type { HookRun } from './hook-run.ts';
import { applyLinear, splitColumns } from './linear.ts';
import { applyNorm } from './norms.ts';
import { rotate } from './rope.ts';

/** Rotated keys, and values, of the tokens before this pass: float32 [batch, kvHeads, past, dHead]. */
export interface LayerCache {
  keys: Tensor4D | null;
  values: Tensor4D | null;
}

/** What q, k and v are when scores are made of them: float32 [batch, length, heads or kvHeads, dHead]. */
interface Heads {
  readonly q: Tensor4D;
  readonly k: Tensor4D;
  readonly v: Tensor4D;
}

/** Hooks inside the fused kernel: touching one of them takes the block through stock ops. */
export const innerAttentionHooks = [
  'hook_q', 'hook_k', 'hook_v', 'q_norm.hook_scale', 'q_norm.hook_normalized', 'k_norm.hook_scale', 'k_norm.hook_normalized',
  'hook_rot_q', 'hook_rot_k', 'hook_attn_scores', 'hook_pattern',
];

/** Whether the fused kernel's scores are this block's over `length` tokens: divided by sqrt(dHead), no cap, and every token before is seen. */
export function plainScores({ attnSoftCap, attnDivisor, dHead, windows }: ModelConfig, layer: number, length: number): boolean {
  return attnSoftCap === null && attnDivisor === Math.sqrt(dHead) && (windows[layer] ?? Infinity) >= length;
}

/** x float32 [batch * length, dModel], normed -> attention's output, float32 [batch * length, dModel]. */
export function applyAttention(
  x: Tensor2D, weights: BlockWeights, config: ModelConfig, run: HookRun, layer: number, inputs: AttentionInputs, cache: LayerCache | null,
): Tensor2D {
  const prefix = `blocks.${layer}.attn.`;
  const qkv = applyLinear(x, weights.qkv, run);
  const fuse = cache === null && plainScores(config, layer, inputs.length) && !run.touchesAny(prefix, innerAttentionHooks) && canFuseAttention(run);
  const wholeTurn = weights.qNorm === undefined && config.rotaryDim === config.dHead;
  const heads = fuse && wholeTurn ? null : readyHeads(qkv, weights, config, run, prefix, inputs);
  let z: Tensor2D;
  if (!fuse) z = scored(heads!, config, run, prefix, inputs, inputs.masks[layer]!, cache);
  else {
    const attend = run.differentiable ? differentiableAttention : fusedAttention;
    z = heads === null ? fused(qkv, inputs.rope, config, inputs, attend) : fused(joined(heads, inputs), null, config, inputs, attend);
  }
  return applyLinear(run.at(`${prefix}hook_z`, z), weights.attnOut, run);
}

function fused(qkv: Tensor2D, rope: AttentionInputs['rope'], { heads, kvHeads }: ModelConfig, { batch, length, documents }: AttentionInputs, attend: typeof fusedAttention): Tensor2D {
  const cos = rope?.cos ?? tf.zeros([0, 0]);
  const sin = rope?.sin ?? tf.zeros([0, 0]);
  return attend(qkv, cos as Tensor2D, sin as Tensor2D, documents ?? tf.zeros([0], 'int32'), { batch, length, heads, kvHeads });
}

/** The columns q, k and v once more, float32 [batch * length, (heads + 2 kvHeads) * dHead]. */
function joined({ q, k, v }: Heads, { batch, length }: AttentionInputs): Tensor2D {
  return tf.reshape(tf.concat([q, k, v], 2), [batch * length, -1]) as Tensor2D;
}

/** q, k and v out of their columns, float32 [batch * length, ...]: each head normed where the family does so, then rotated. */
function readyHeads(qkv: Tensor2D, weights: BlockWeights, config: ModelConfig, run: HookRun, prefix: string, { batch, length, rope }: AttentionInputs): Heads {
  const { heads, kvHeads, dHead } = config;
  const parts = splitColumns(qkv, [heads * dHead, kvHeads * dHead, kvHeads * dHead]);
  const hook = (name: string, value: Tensor, count: number): Tensor4D => run.at(prefix + name, tf.reshape(value, [batch, length, count, dHead])) as Tensor4D;
  const normed = (value: Tensor4D, norm: Norm | undefined, name: string): Tensor4D => {
    if (norm === undefined) return value;
    return tf.reshape(applyNorm(tf.reshape(value, [-1, dHead]), norm, 'rms', config.normEps, run, prefix + name), value.shape);
  };
  const [rawQ, rawK, v] = [hook('hook_q', parts[0]!, heads), hook('hook_k', parts[1]!, kvHeads), hook('hook_v', parts[2]!, kvHeads)];
  const [q, k] = [normed(rawQ, weights.qNorm, 'q_norm'), normed(rawK, weights.kNorm, 'k_norm')];
  if (rope === null) return { q, k, v };
  const [cos, sin] = [tf.expandDims(rope.cos, 1), tf.expandDims(rope.sin, 1)];
  return { q: hook('hook_rot_q', rotate(q, cos, sin), heads), k: hook('hook_rot_k', rotate(k, cos, sin), kvHeads), v };
}

/** softmax(cap(q k / divisor) + mask) v, hook by hook: float32 [batch * length, heads * dHead]. */
function scored({ q, k, v }: Heads, config: ModelConfig, run: HookRun, prefix: string, { batch, length }: AttentionInputs, mask: Tensor, cache: LayerCache | null): Tensor2D {
  const { heads, kvHeads, dHead } = config;
  const [keys, values] = extend(cache, byHead(k), byHead(v));
  const group = heads / kvHeads;
  // Queries that share keys stand one under the other: [batch, kvHeads, group * length, dHead].
  const grouped = tf.reshape(byHead(q), [batch, kvHeads, group * length, dHead]) as Tensor4D;
  const total = keys.shape[2];
  const raw = tf.reshape(tf.mul(tf.matMul(grouped, keys, false, true), 1 / config.attnDivisor), [batch, heads, length, total]);
  const scores = run.at(`${prefix}hook_attn_scores`, tf.add(softCap(raw, config.attnSoftCap), mask));
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
