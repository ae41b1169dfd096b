/** How well next tokens are predicted, batch by batch: loss, accuracy, and whether confidence is accuracy. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import type { Score } from '../../../shared/schema/sparsity.ts';
import { scoped } from '../../ops/scope.ts';
import { calibrationError, mergedBins, reliabilityBins, type ReliabilityBin } from '../layers/lazy/calibration.ts';

export class NextTokenScore {
  #tokens = 0;
  #loss = 0;
  #right = 0;
  #confidence = 0;
  #bins: ReliabilityBin[] = reliabilityBins([], []);

  /** logits float32 [batch, length, vocab], which are freed; the token behind each position, int32 [batch * length]. Sums over tokens in float64. Kind not-finite. */
  add(logits: Tensor, targets: Int32Array): void {
    const [losses, confidences, guesses] = scoped(() => predictions(logits, targets));
    logits.dispose();
    const bad = losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) throw new LoupeError('not-finite', `the loss of token ${bad} of a batch is ${losses[bad]}: the weights are broken, or a change of units drove the values out of range`);
    const correct = Uint8Array.from(guesses, (guess, i) => Number(guess === targets[i]));
    // float32 can exceed 1 by a rounding
    const shares = Float32Array.from(confidences, (value) => Math.min(1, value));
    this.#tokens += targets.length;
    this.#loss += sumOf(losses);
    this.#right += sumOf(correct);
    this.#confidence += sumOf(shares);
    this.#bins = mergedBins(this.#bins, reliabilityBins(shares, correct));
  }

  /** All that was added, for a checkpoint: exact as JSON. */
  state(): { readonly sums: number[]; readonly bins: number[] } {
    return { sums: [this.#tokens, this.#loss, this.#right, this.#confidence], bins: this.#bins.flatMap(({ count, confidence, accuracy }) => [count, confidence, accuracy]) };
  }

  restore({ sums: [tokens, loss, right, confidence], bins }: ReturnType<NextTokenScore['state']>): void {
    [this.#tokens, this.#loss, this.#right, this.#confidence] = [tokens!, loss!, right!, confidence!];
    this.#bins = this.#bins.map(({ low, high }, i) => ({ low, high, count: bins[3 * i]!, confidence: bins[3 * i + 1]!, accuracy: bins[3 * i + 2]! }));
  }

  /** The reliability diagram so far. */
  get bins(): readonly ReliabilityBin[] {
    return this.#bins;
  }

  /** Kind bad-request before the first token. */
  figures(): Score {
    const tokens = this.#tokens;
    if (tokens === 0) throw new LoupeError('bad-request', 'no token was predicted: give more text');
    return { tokens, loss: this.#loss / tokens, accuracy: this.#right / tokens, confidence: this.#confidence / tokens, ece: calibrationError(this.#bins) };
  }
}

/** -log p of the targets, the largest p, and whose it is: [tokens] each. */
function predictions(logits: Tensor, targets: Int32Array): [Float32Array, Float32Array, Int32Array] {
  const rows = tf.reshape(logits, [targets.length, -1]) as Tensor2D;
  const logP = tf.logSoftmax(rows);
  const places = new Int32Array(targets.length * 2);
  targets.forEach((target, row) => places.set([row, target], 2 * row));
  const own = tf.gatherND(logP, tf.tensor2d(places, [targets.length, 2], 'int32'));
  return [tf.neg(own).dataSync<'float32'>(), tf.exp(tf.max(logP, 1)).dataSync<'float32'>(), tf.argMax(rows, 1).dataSync<'int32'>()];
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
