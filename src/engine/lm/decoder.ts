/** The forward pass of a pre-norm decoder: embed, then attention and MLP block by block, then the unembedding. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { applyAttention, type AttentionInputs, type LayerCache } from './attention.ts';
import type { Architecture, DecoderWeights, ModelConfig, Norm, PassStart } from './definition.ts';
import { canFuse, fusedAddRmsNorm } from './fused.ts';
import type { HookRun } from './hook-run.ts';
import { product } from './linear.ts';
import { applyMlp } from './mlp.ts';
import { applyNorm } from './norms.ts';
import { ropeFrequencies, ropeTables } from './rope.ts';

export interface Decoder {
  readonly config: ModelConfig;
  readonly architecture: Architecture;
  readonly weights: DecoderWeights;
}

/** Everything that one forward pass is given. */
export interface Pass {
  /** int32 [batch * length] */
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly length: number;
  readonly run: HookRun;
  /** Blocks to run; the model's number for all. */
  readonly layers: number;
  readonly logits: boolean;
  /** The final norm is not reached. */
  readonly stopped?: boolean;
  /** Logits of the last position alone. */
  readonly lastOnly?: boolean;
  readonly documents?: Int32Array | undefined;
  readonly start?: PassStart | undefined;
  /** Tokens before this pass, and what their blocks left behind. */
  readonly past?: { readonly length: number; readonly layers: readonly LayerCache[] };
}

/** Logits float32 [batch, length (or 1), vocab], or null when they are not wanted. The caller owns them and what `run` kept. */
export function forward(decoder: Decoder, pass: Pass): Tensor3D | null {
  const [logits] = tf.tidy(() => {
    const inputs = attentionInputs(decoder, pass);
    let x = pass.start === undefined ? embed(decoder, pass) : residualRows(pass.start.residual);
    for (let layer = pass.start?.layer ?? 0; layer < pass.layers && !pass.run.finished; layer++) {
      const before = x;
      x = tf.tidy(() => block(decoder, layer, before, pass, inputs));
      if (!pass.run.differentiable && x !== before) before.dispose();
    }
    return pass.run.finished || pass.stopped === true ? [] : unembed(decoder, x, pass);
  });
  return logits ?? null;
}

/** A handle of its own on the caller's residual stream, float32 [batch * length, dModel]: the blocks free what they are given. */
function residualRows(residual: Tensor): Tensor2D {
  return tf.reshape(residual, [-1, residual.shape.at(-1)!]) as Tensor2D;
}

function embed({ config, weights }: Decoder, { tokens, batch, length, run, past }: Pass): Tensor2D {
  const ids = tf.tensor1d(tokens, 'int32');
  const embedded = run.at('hook_embed', tf.gather(weights.embedding, ids)) as Tensor2D;
  if (weights.positions === null) return embedded;
  const rows = tf.slice(weights.positions, [past?.length ?? 0, 0], [length, config.dModel]);
  if (!run.touches('hook_pos_embed')) return addRows(embedded, rows, batch, length);
  return tf.add(embedded, run.at('hook_pos_embed', tf.tile(rows, [batch, 1])) as Tensor2D);
}

function addRows(x: Tensor2D, rows: Tensor2D, batch: number, length: number): Tensor2D {
  return tf.reshape(tf.add(tf.reshape(x, [batch, length, x.shape[1]]), rows), x.shape) as Tensor2D;
}

/** x float32 [batch * length, dModel] -> the residual stream after block `layer`; x further down when nothing more is wanted. */
function block({ config, architecture, weights }: Decoder, layer: number, x: Tensor2D, pass: Pass, inputs: AttentionInputs): Tensor2D {
  const { run } = pass;
  const own = weights.blocks[layer]!;
  const prefix = `blocks.${layer}.`;
  const pre = run.at(`${prefix}hook_resid_pre`, x) as Tensor2D;
  if (run.finished) return pre;
  const attnIn = applyNorm(pre, own.ln1, architecture.norm, config.normEps, run, `${prefix}ln1`);
  if (run.finished) return pre;
  const attnOut = run.at(`${prefix}hook_attn_out`, applyAttention(attnIn, own, config, run, prefix, inputs, pass.past?.layers[layer] ?? null)) as Tensor2D;
  const [mid, mlpIn] = middle(pre, attnOut, own.ln2, architecture.norm, config.normEps, run, prefix);
  if (run.finished) return mid;
  const mlpOut = run.at(`${prefix}hook_mlp_out`, applyMlp(mlpIn, own, architecture.mlp, config, run, prefix)) as Tensor2D;
  return run.at(`${prefix}hook_resid_post`, tf.add(mid, mlpOut)) as Tensor2D;
}

/** The residual stream between attention and MLP, and its norm; float32 [batch * length, dModel] each, from two of that shape. */
function middle(pre: Tensor2D, attnOut: Tensor2D, norm: Norm, kind: Architecture['norm'], eps: number, run: HookRun, prefix: string): [Tensor2D, Tensor2D] {
  const touched = run.touchesAny(prefix, ['hook_resid_mid', 'ln2.hook_scale', 'ln2.hook_normalized']);
  if (kind === 'rms' && !touched && canFuse('LoupeAddRmsNorm', run)) return fusedAddRmsNorm(pre, attnOut, norm.weight, eps);
  const mid = run.at(`${prefix}hook_resid_mid`, tf.add(pre, attnOut)) as Tensor2D;
  return [mid, run.finished ? mid : applyNorm(mid, norm, kind, eps, run, `${prefix}ln2`)];
}

function unembed({ config, architecture, weights }: Decoder, x: Tensor2D, pass: Pass): Tensor3D[] {
  const { batch, length, run, lastOnly } = pass;
  const normed = applyNorm(x, weights.lnFinal, architecture.norm, config.normEps, run, 'ln_final');
  if (!pass.logits) return [];
  const last = (): Tensor2D => tf.reshape(tf.slice(tf.reshape(normed, [batch, length, config.dModel]), [0, length - 1, 0], [batch, 1, config.dModel]), [batch, config.dModel]);
  const logits = product(lastOnly === true ? last() : normed, weights.unembedding, 'out-in', run);
  return [tf.reshape(logits, [batch, -1, config.vocab]) as Tensor3D];
}

function attentionInputs(decoder: Decoder, pass: Pass): AttentionInputs {
  const { batch, length, run } = pass;
  const first = pass.past?.length ?? 0;
  const documents = pass.documents === undefined ? null : tf.tensor1d(pass.documents, 'int32');
  const rope = decoder.config.ropeTheta === null ? null : ropeOf(decoder, length, first);
  // Made here, in the scope of the whole pass, unless no block can need it.
  const fused = pass.past === undefined && canFuse('LoupeAttention', run) && !run.touchesAttention;
  const mask = fused ? null : causalMask(length, first, batch, documents);
  return { batch, length, documents, rope, mask };
}

function ropeOf({ config, weights }: Decoder, length: number, first: number): AttentionInputs['rope'] {
  const frequencies = ropeFrequencies(config.dHead, config.ropeTheta!, config.ropeScaling, weights.ropeFactors);
  const { cos, sin } = ropeTables(frequencies, first, length);
  const shape: [number, number] = [length, config.dHead / 2];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

/** 0 where a query may look and -infinity elsewhere, float32 [1 or batch, 1, length, first + length]. */
function causalMask(length: number, first: number, batch: number, documents: Tensor1D | null): Tensor {
  const total = first + length;
  const values = new Float32Array(length * total);
  for (let t = 0; t < length; t++) values.fill(-Infinity, t * total + first + t + 1, (t + 1) * total);
  const causal = tf.tensor4d(values, [1, 1, length, total]);
  if (documents === null) return causal;
  const own = tf.reshape(documents, [batch, 1, length, 1]);
  return tf.where(tf.equal(own, tf.reshape(documents, [batch, 1, 1, length])), causal, tf.fill([1, 1, 1, 1], -Infinity));
}
