/**
 * 1,797 hand-written digits, 8 x 8 pixels of 0 to 16, and the MLP 64-128-128-10 of models.md I.5. tests/fixtures/digits.csv.gz is the test set of E. Alpaydin and
 * C. Kaynak, Optical Recognition of Handwritten Digits (UCI Machine Learning Repository, 1998, CC BY 4.0), as scikit-learn distributes it.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { ActivationSparsity } from '../../src/engine/lm/layers/lazy/sparsity.ts';
import { noisyLabels } from '../../src/engine/lm/layers/lazy/corruption.ts';
import { crossEntropySum } from '../../src/engine/ops/cross-entropy.ts';
import { Random } from '../../src/engine/random.ts';
import { gradientsOf } from './layer-training.ts';
import type { Named } from './layer-training.ts';

export interface Images {
  /** float32 [count, 64] */
  readonly x: Float32Array;
  readonly labels: Int32Array;
}

/** Training and test images in an order of the seed, standardised pixel by pixel over the training images. */
export function loadDigits(seed: number, trainCount = 1437): { readonly train: Images; readonly held: Images } {
  const rows = gunzipSync(readFileSync(new URL('../fixtures/digits.csv.gz', import.meta.url))).toString().trim().split('\n').map((line) => line.split(',').map(Number));
  Random.from(seed, 'digits').shuffle(rows);
  const means = Array.from({ length: 64 }, (_, i) => rows.slice(0, trainCount).reduce((sum, row) => sum + row[i]!, 0) / trainCount);
  const scales = means.map((mean, i) => Math.sqrt(rows.slice(0, trainCount).reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / trainCount) || 1);
  const of = (part: number[][]): Images => ({ x: Float32Array.from(part.flatMap((row) => means.map((mean, i) => (row[i]! - mean) / scales[i]!))), labels: Int32Array.from(part, (row) => row[64]!) });
  return { train: of(rows.slice(0, trainCount)), held: of(rows.slice(trainCount)) };
}

export interface DigitRun {
  readonly optimiser: 'adam' | 'sgd';
  /** Factor of He's initial weights. */
  readonly scale: number;
  readonly randomLabels: boolean;
  readonly seed: number;
  readonly epochs?: number;
}

export interface DigitResult {
  /** Share of non-zero units of the two hidden layers, before and after. */
  readonly start: readonly number[];
  readonly trained: readonly number[];
  /** On held-out digits. */
  readonly accuracy: number;
}

const sizes = [64, 128, 128, 10];
const batchSize = 128;

function start(scale: number, random: Random): Named {
  return Object.fromEntries(sizes.slice(1).flatMap((out, layer) => {
    const into = sizes[layer]!;
    return [[`w${layer}`, tf.tensor2d(random.normals(into * out, scale * Math.sqrt(2 / into)), [into, out])], [`b${layer}`, tf.zeros([out])]] as [string, Tensor][];
  }));
}

/** Logits and the two hidden layers behind their ReLU. */
function forward(x: Tensor2D, w: Named): { readonly logits: Tensor2D; readonly hidden: Tensor2D[] } {
  const layer = (input: Tensor2D, n: number): Tensor2D => tf.add(tf.matMul(input, w[`w${n}`] as Tensor2D), w[`b${n}`]!);
  const first = tf.relu(layer(x, 0));
  const second = tf.relu(layer(first, 1));
  return { logits: layer(second, 2), hidden: [first, second] };
}

function measure(images: Images, w: Named): { readonly shares: number[]; readonly accuracy: number } {
  let result = { shares: [] as number[], accuracy: 0 };
  tf.tidy(() => {
    const { logits, hidden } = forward(tf.tensor2d(images.x, [images.labels.length, 64]), w);
    const shares = hidden.map((post) => {
      const layer = new ActivationSparsity(post.shape[1]);
      layer.add(post);
      return layer.figures().share;
    });
    const right = Array.from(tf.argMax(logits, 1).dataSync()).reduce((n, label, i) => n + Number(label === images.labels[i]), 0);
    result = { shares, accuracy: right / images.labels.length };
  });
  return result;
}

/** One step of SGD with momentum 0.9 (lr 0.1) or Adam (lr 1e-3), in place of `state`. */
function step(w: Named, gradients: Named, state: Named, optimiser: DigitRun['optimiser'], t: number): { w: Named; state: Named } {
  const [next, moved]: [Named, Named] = [{}, {}];
  for (const [name, value] of Object.entries(w)) {
    const g = gradients[name]!;
    if (optimiser === 'sgd') {
      moved[name] = tf.add(tf.mul(state[name] ?? tf.zerosLike(g), 0.9), g);
      next[name] = tf.sub(value, tf.mul(moved[name], 0.1));
      continue;
    }
    const m = (moved[`${name}/m`] = tf.add(tf.mul(state[`${name}/m`] ?? tf.zerosLike(g), 0.9), tf.mul(g, 0.1)));
    const v = (moved[`${name}/v`] = tf.add(tf.mul(state[`${name}/v`] ?? tf.zerosLike(g), 0.999), tf.mul(tf.square(g), 0.001)));
    next[name] = tf.sub(value, tf.div(tf.mul(m, 1e-3 / (1 - 0.9 ** t)), tf.add(tf.sqrt(tf.div(v, 1 - 0.999 ** t)), 1e-8)));
  }
  return { w: next, state: moved };
}

/** Trains for 100 epochs with zero biases at the start. */
export function trainDigits({ optimiser, scale, randomLabels, seed, epochs = 100 }: DigitRun): DigitResult {
  const { train, held } = loadDigits(seed);
  const random = Random.from(seed, 'training');
  const labels = randomLabels ? noisyLabels(train.labels, 1, 10, random) : train.labels;
  let [w, state]: [Named, Named] = [start(scale, random), {}];
  const before = measure(held, w);
  const order = Int32Array.from(labels.keys());
  for (let epoch = 0, t = 0; epoch < epochs; epoch++) {
    random.shuffle(order);
    for (let first = 0; first < order.length; first += batchSize) {
      const rows = order.subarray(first, first + batchSize);
      const x = Float32Array.from({ length: rows.length * 64 }, (_, at) => train.x[rows[Math.floor(at / 64)]! * 64 + (at % 64)]!);
      t++;
      const old = { ...w, ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`state/${name}`, value])) };
      const moved = tf.tidy(() => {
        const input = tf.tensor2d(x, [rows.length, 64]);
        const { gradients } = gradientsOf(w, (now) => tf.div(crossEntropySum(forward(input, now).logits, rows.map((row) => labels[row]!)), rows.length) as Scalar);
        return step(w, gradients, state, optimiser, t);
      });
      tf.dispose(old);
      ({ w, state } = moved);
    }
  }
  const after = measure(held, w);
  tf.dispose([w, state]);
  return { start: before.shares, trained: after.shares, accuracy: after.accuracy };
}
