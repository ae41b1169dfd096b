/**
 * What a feature's direction does to the logits by the direct path (nostalgebraist 2020, "interpreting GPT: the logit lens"):
 * `(wDec[i] * w) @ W_U` with w the final norm's weight. The norm's scale, which depends on the token, is left out: values can be
 * compared within a feature and between features, and are logits only up to that positive factor. A soft cap of the logits (Gemma 2) is left
 * out too: it keeps their order.
 *
 * Where the final norm is a LayerNorm, it removes the mean of what it is given, so the direction's own mean is removed first.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { histogramBins } from './build-files.ts';
import { addLinear, rangeOf } from './linear-histogram.ts';
import type { Range } from './linear-histogram.ts';
import { Strongest } from './strongest.ts';

export interface Unembedding {
  /** float32 [dModel, vocab] */
  readonly weight: Tensor;
  /** float32 [dModel]; null where there is none */
  readonly finalNormWeight: Tensor | null;
  /** The final norm removes the mean of its input. */
  readonly centresInput: boolean;
}

export interface LogitEffects {
  /** int32 [n, 2, k]: raised most, falling; then lowered most, rising */
  readonly ids: Int32Array;
  /** float32 [n, 2, k] */
  readonly values: Float32Array;
  /** Least and largest effect, float32 [n], and all effects in bins of equal width between them, int32 [n, 50] */
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly histogram: Int32Array;
}

const rowBlock = 128;

/** directions float32 [rows, dModel] -> float32 [rows, vocab]. (A typed array out of `tidy` would be walked element by element.) */
function effectsOf(directions: Float32Array, rows: number, unembedding: Unembedding, centre: boolean): Float32Array {
  const effects = tf.tidy(() => {
    let x: Tensor = tf.tensor2d(directions, [rows, directions.length / rows]);
    if (unembedding.centresInput) x = tf.sub(x, tf.mean(x, 1, true));
    if (unembedding.finalNormWeight !== null) x = tf.mul(x, unembedding.finalNormWeight);
    const logits = tf.matMul(x as Tensor2D, unembedding.weight as Tensor2D);
    return centre ? tf.sub(logits, tf.mean(logits, 1, true)) : logits;
  });
  const values = effects.dataSync() as Float32Array;
  effects.dispose();
  return values;
}

/**
 * The `k` tokens that each of the directions, float32 [n, dModel], raises most and lowers most. `centre`: relative to the mean over
 * the vocabulary, which no probability depends on. Ties: the lower token id.
 */
export function logitEffects(directions: Float32Array, unembedding: Unembedding, k: number, centre: boolean): LogitEffects {
  const [d, vocab] = unembedding.weight.shape as [number, number];
  const n = directions.length / d;
  const wanted = Math.min(k, vocab);
  const ids = new Int32Array(n * 2 * wanted);
  const values = new Float32Array(n * 2 * wanted);
  const [low, high, histogram] = [new Float32Array(n), new Float32Array(n), new Int32Array(n * histogramBins)];
  for (let row = 0; row < n; row += rowBlock) {
    const rows = Math.min(rowBlock, n - row);
    const effects = effectsOf(directions.subarray(row * d, (row + rows) * d), rows, unembedding, centre);
    for (let i = 0; i < rows; i++) {
      const own = effects.subarray(i * vocab, (i + 1) * vocab);
      const range = strongestAndWeakest(own, wanted, ids, values, (row + i) * 2 * wanted);
      addLinear(own, range, histogram.subarray((row + i) * histogramBins, (row + i + 1) * histogramBins));
      [low[row + i], high[row + i]] = [range.low, range.high];
    }
  }
  return { ids, values, low, high, histogram };
}

function strongestAndWeakest(effects: Float32Array, k: number, ids: Int32Array, values: Float32Array, at: number): Range {
  const up = new Strongest(k);
  const down = new Strongest(k);
  for (let token = 0; token < effects.length; token++) {
    const effect = effects[token]!;
    if (effect > up.bound) up.offer(token, effect);
    if (-effect > down.bound) down.offer(token, -effect);
  }
  ids.set(up.ids, at);
  values.set(up.values, at);
  ids.set(down.ids, at + k);
  values.set(down.values.map((value) => -value), at + k);
  // The outermost of both lists are the ends; without lists they are looked for.
  return k === 0 ? rangeOf(effects) : { low: -down.values[0]!, high: up.values[0]! };
}
