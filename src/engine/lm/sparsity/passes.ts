/** The forward passes of a study: the model as it is with everybody looking, cut to k units, and with noise in its input. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../random.ts';
import type { HookEdit, LanguageModel } from '../definition.ts';
import { noisyLabels } from '../layers/lazy/corruption.ts';
import { keepLargest } from './keep-largest.ts';
import { unitsHook } from './units.ts';

/** Whole contexts side by side. */
export interface StudyBatch {
  /** int32 [batch * length] */
  readonly tokens: Int32Array;
  /** The token behind each, int32 [batch * length] */
  readonly targets: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** Number of the first context in the whole study. */
  readonly first: number;
}

/** Numbers of one tensor at most, of logits or of a layer's units: 128 MB in float32. */
const mostNumbers = 1 << 25;

/** ids int32 [tokens] in whole contexts, side by side as many as memory should hold and as `most` tokens allow; one at least. `widest`: numbers a token. */
export function studyBatches(ids: Int32Array, length: number, widest: number, most = Infinity): StudyBatch[] {
  const contexts = Math.floor((ids.length - 1) / length);
  const batch = Math.max(1, Math.min(16, Math.floor(mostNumbers / (length * widest)), Math.floor(most / length)));
  const batches: StudyBatch[] = [];
  for (let first = 0; first < contexts; first += batch) {
    const rows = Math.min(batch, contexts - first);
    const [from, to] = [first * length, (first + rows) * length];
    batches.push({ tokens: ids.slice(from, to), targets: ids.slice(from + 1, to + 1), batch: rows, length, first });
  }
  return batches;
}

/** Rows of tokens: float32 [batch, length, width] -> [batch * length, width]. */
export function tokenRows(value: Tensor): Tensor2D {
  return tf.reshape(value, [-1, value.shape.at(-1)!]);
}

/** Shows the value at a hook, float32 [batch * length, width], and leaves it as it is. */
export function look(hook: string, see: (value: Tensor2D) => void): HookEdit {
  return {
    hook, kind: 'map',
    map: (value) => {
      see(tokenRows(value));
      return value;
    },
  };
}

/** Cuts a layer to its k largest units of a token. */
export function cut(layer: number, k: number): HookEdit {
  return { hook: unitsHook(layer), kind: 'map', map: (value) => tf.reshape(keepLargest(tokenRows(value), k), value.shape) };
}

/** Every layer cut to k units; none for null. */
export function cutAll(layers: number, k: number | null): HookEdit[] {
  return k === null ? [] : Array.from({ length: layers }, (_, layer) => cut(layer, k));
}

/** Logits float32 [batch, length, vocab] under edits; the caller frees them. */
export function logitsOf(model: LanguageModel, { tokens, batch, length }: StudyBatch, edits: readonly HookEdit[]): Tensor {
  return model.run(tokens, batch, length, { edits }).logits!;
}

/** The same with the residual stream before each block, [batch, length, dModel] by layer, for passes that begin there; the caller frees all. */
export function logitsAndStreams(model: LanguageModel, { tokens, batch, length }: StudyBatch, edits: readonly HookEdit[]): { readonly logits: Tensor; readonly streams: Tensor[] } {
  const names = Array.from({ length: model.config.layers }, (_, layer) => `blocks.${layer}.hook_resid_pre`);
  const { logits, cache } = model.run(tokens, batch, length, { edits, names });
  return { logits: logits!, streams: names.map((name) => cache.get(name)!) };
}

/** Logits with layer `layer` alone cut to k units, from the stream before it on: float32 [batch, length, vocab]. */
export function logitsFrom(model: LanguageModel, { tokens, batch, length }: StudyBatch, layer: number, stream: Tensor, k: number): Tensor {
  return model.run(tokens, batch, length, { edits: [cut(layer, k)], start: { layer, residual: stream } }).logits!;
}

/** Logits with N(0, (level * rms)^2) added to token embeddings, the same numbers for every k: float32 [batch, length, vocab]. */
export function logitsWithNoise(model: LanguageModel, batch: StudyBatch, { level, rms, seed, keep }: { readonly level: number; readonly rms: number; readonly seed: number; readonly keep: number | null }): Tensor {
  const shape: [number, number, number] = [batch.batch, batch.length, model.config.dModel];
  const noise = tf.tensor(Random.from(seed, `noise ${level} at context ${batch.first}`).normals(shape[0] * shape[1] * shape[2], level * rms), shape);
  try {
    return logitsOf(model, batch, [{ hook: 'hook_embed', kind: 'add', value: noise }, ...cutAll(model.config.layers, keep)]);
  } finally {
    noise.dispose();
  }
}

/** Logits with a share of the input's tokens drawn anew, what is predicted unchanged: float32 [batch, length, vocab]. */
export function logitsWithTokens(model: LanguageModel, batch: StudyBatch, { level, seed, keep }: { readonly level: number; readonly seed: number; readonly keep: number | null }): Tensor {
  const tokens = noisyLabels(batch.tokens, level, model.config.vocab, Random.from(seed, `tokens ${level} at context ${batch.first}`));
  return logitsOf(model, { ...batch, tokens }, cutAll(model.config.layers, keep));
}
