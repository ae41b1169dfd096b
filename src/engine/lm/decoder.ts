/** The forward pass of a decoder: embed, then attention and MLP block by block, then the unembedding. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { takeRows } from '../ops/rows.ts';
import { softCap } from './activations.ts';
import { attentionInputs, type AttentionInputs } from './attention-inputs.ts';
import { applyAttention, plainScores, type LayerCache } from './attention.ts';
import type { Architecture, DecoderWeights, ModelConfig, Norm, PassStart } from './definition.ts';
import { canFuse, canFuseAttention, fusedAddRmsNorm } from './fused.ts';
import type { HookRun } from './hook-run.ts';
import { applyLinear } from './linear.ts';
import { applyMlp } from './mlp.ts';
import { applyNorm } from './norms.ts';
import { OwnPass, type TrainingPass } from './own/pass.ts';

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
  /** Of models that Loupe trains, while they are trained. */
  readonly training?: TrainingPass;
}

/** Logits float32 [batch, length (or 1), vocab], or null when they are not wanted. The caller owns them and what `run` kept. */
export function forward(decoder: Decoder, pass: Pass): Tensor3D | null {
  const [logits] = tf.tidy(() => {
    const inputs = inputsOf(decoder, pass);
    const own = decoder.weights.own === undefined ? null : new OwnPass(decoder.weights.own, decoder.config, pass.run, inputs, pass.past?.layers ?? null, pass.training ?? null);
    const step = (layer: number, x: Tensor2D): Tensor2D => own?.block(layer, x) ?? block(decoder, layer, x, pass, inputs);
    let x = pass.start === undefined ? embed(decoder, pass) : residualRows(pass.start.residual);
    try {
      if (pass.start !== undefined) own?.prepare(pass.start.layer, (run) => embed(decoder, { ...pass, run }));
      for (let layer = pass.start?.layer ?? 0; layer < pass.layers && !pass.run.finished; layer++) {
        const before = x;
        x = tf.tidy(() => step(layer, before));
        if (!pass.run.differentiable && x !== before) before.dispose();
      }
    } finally {
      own?.dispose();
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
  const rowsOfTokens = takeRows(weights.embedding, tokens);
  const embedded = run.at('hook_embed', config.embeddingScale === 1 ? rowsOfTokens : tf.mul(rowsOfTokens, config.embeddingScale)) as Tensor2D;
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
  const norm = (value: Tensor2D, weight: Norm, name: string): Tensor2D => applyNorm(value, weight, architecture.norm, config.normEps, run, prefix + name);
  const post = (value: Tensor2D, weight: Norm | undefined, name: string): Tensor2D => (weight === undefined ? value : norm(value, weight, name));
  const attnIn = norm(pre, own.ln1, 'ln1');
  if (run.finished) return pre;
  const attended = applyAttention(attnIn, own, config, run, layer, inputs, pass.past?.layers[layer] ?? null);
  const attnOut = run.at(`${prefix}hook_attn_out`, post(attended, own.ln1Post, 'ln1_post')) as Tensor2D;
  if (run.finished) return pre;
  const [mid, mlpIn] = config.parallel ? [tf.add(pre, attnOut) as Tensor2D, norm(pre, own.ln2, 'ln2')] : middle(pre, attnOut, own.ln2, architecture.norm, config.normEps, run, prefix);
  if (run.finished) return mid;
  const mapped = applyMlp(mlpIn, own, architecture.mlp, config, run, prefix);
  const mlpOut = run.at(`${prefix}hook_mlp_out`, post(mapped, own.ln2Post, 'ln2_post')) as Tensor2D;
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
  const logits = applyLinear(lastOnly === true ? last() : normed, { weight: weights.unembedding, layout: 'out-in', bias: null }, run);
  return [tf.reshape(softCap(logits, config.logitSoftCap), [batch, -1, config.vocab]) as Tensor3D];
}

function inputsOf({ config, weights }: Decoder, { batch, length, documents, past, run }: Pass): AttentionInputs {
  // Masks are made here, in the scope of the whole pass, unless no block can need one.
  const fused = past === undefined && canFuseAttention(run) && !run.touchesAttention && weights.blocks.every((_, layer) => plainScores(config, layer, length));
  return attentionInputs(config, weights.ropeFactors, { batch, length, past: past?.length ?? 0, documents }, !fused);
}
