/**
 * The gradient of the language model's loss at hooks, for every token of a batch: d (sum over positions of -log p(next token)) / d x, which
 * holds what a position's activation does to all later predictions (sae-variants.md section 3, "Getting g").
 *
 * One backward pass through the blocks behind the first hook. The fused kernels have no gradient: these blocks run in stock ops.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropySum } from '../ops/cross-entropy.ts';
import type { LanguageModel, PassStart } from './definition.ts';
import { residualHook, startOf } from './splice.ts';

export interface LossContexts {
  /** int32 [batch * length] */
  readonly tokens: Int32Array;
  /** Document of each token, negative where a context is padded: int32 [batch * length]. */
  readonly documents: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** Attention stays within documents; the first token of the next one is not predicted. */
  readonly isolate: boolean;
}

/** Logits of one backward pass at most, in numbers: with their softmax and its gradient they take about four times that in float32. */
const mostLogits = 1 << 25;

/** hook -> float32 [batch * length, d], nats per unit of the activation. Kinds: not-found (an unknown hook). */
export function lossGradients(model: LanguageModel, contexts: LossContexts, hooks: readonly string[]): Map<string, Float32Array> {
  const { batch, length, tokens, documents } = contexts;
  const gradients = new Map(hooks.map((hook) => [hook, new Float32Array(tokens.length * model.hookWidth(hook))]));
  const each = Math.max(1, Math.floor(mostLogits / (length * model.config.vocab)));
  for (let first = 0; first < batch; first += each) {
    const count = Math.min(each, batch - first);
    const [from, to] = [first * length, (first + count) * length];
    const part = { ...contexts, batch: count, tokens: tokens.subarray(from, to), documents: documents.subarray(from, to) };
    for (const [hook, values] of partGradients(model, part, hooks)) gradients.get(hook)!.set(values, from * model.hookWidth(hook));
  }
  return gradients;
}

/** The next token of each row, int32 [batch * length]; -1 where there is none to predict. */
function nextTokens({ tokens, documents, length, isolate }: LossContexts): Int32Array {
  return tokens.map((_, row) => {
    const last = (row + 1) % length === 0 || documents[row + 1]! < 0;
    return last || (isolate && documents[row] !== documents[row + 1]) ? -1 : tokens[row + 1]!;
  });
}

function partGradients(model: LanguageModel, contexts: LossContexts, hooks: readonly string[]): [string, Float32Array][] {
  const { tokens, documents, batch, length, isolate } = contexts;
  const within = isolate ? { documents } : {};
  const start = startBefore(model, contexts, hooks);
  const targets = nextTokens(contexts);
  const metric = (logits: Tensor): Tensor => crossEntropySum(tf.reshape(logits, [-1, logits.shape.at(-1)!]) as Tensor2D, targets);
  const { gradients, cache } = model.runWithGradients(tokens, batch, length, metric, hooks, { ...within, ...(start === null ? {} : { start }) });
  const values = hooks.map((hook): [string, Float32Array] => [hook, gradients.get(hook)!.dataSync<'float32'>()]);
  tf.dispose([...gradients.values(), ...cache.values(), ...(start === null ? [] : [start.residual])]);
  return values;
}

/** The residual stream before the first of the hooks, computed without a tape; null where a hook lies before every block. */
function startBefore(model: LanguageModel, { tokens, documents, batch, length, isolate }: LossContexts, hooks: readonly string[]): PassStart | null {
  const layers = model.config.layers;
  // A hook at the end of a block lies within it: the pass has to begin at that block, where the hook is reached.
  const blocks = hooks.map((hook) => blockOf(hook, layers));
  const layer = Math.min(...blocks);
  if (layer <= 0) return null;
  const hook = residualHook(`blocks.${layer - 1}.hook_resid_post`, layers)!;
  const { logits, cache } = model.run(tokens, batch, length, { names: [hook], logits: false, ...(isolate ? { documents } : {}) });
  logits?.dispose();
  return { layer, residual: cache.get(hook)! };
}

/** The block in which a hook is reached; the number of blocks for those behind all, 0 for those before. */
function blockOf(hook: string, layers: number): number {
  const block = /^blocks\.(\d+)\./.exec(hook)?.[1];
  return block === undefined ? startOf(hook, layers)?.layer ?? 0 : Number(block);
}
