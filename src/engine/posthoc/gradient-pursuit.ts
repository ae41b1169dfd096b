/**
 * Codes chosen at inference time by gradient pursuit over a fixed decoder (Engels, Riggs and Tegmark 2024, arXiv 2410.14670, section 6): for
 * each row K times: residual r = t - w D; c = r D^T; argmax c joins the support (the largest, not the largest by magnitude); a step along the
 * gradient on the support, g = c there, of length (g D).r / |g D|^2; w = max(0, w + step g).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { SparseCodes } from '../sae/dictionary.ts';

/** Numbers of gathered decoder rows that are held at a time: 64 MiB. */
const gatheredEntries = 16 * 1024 * 1024;

/** What one row's pursuit has reached: support, its decoder rows and its weights, padded to the slots so far. */
type Pursuit = {
  /** int32 [rows, slots] */
  readonly indices: Tensor2D;
  /** 1 where a slot counts: not a second choice of the same latent, not past the row's budget. float32 [rows, slots] */
  readonly used: Tensor2D;
  /** float32 [rows, slots, d] */
  readonly atoms: Tensor3D;
  /** float32 [rows, slots] */
  readonly weights: Tensor2D;
  /** float32 [rows, d] */
  readonly residual: Tensor2D;
};

/** sum over slots of values [rows, slots] times atoms [rows, slots, d] -> [rows, d]. */
function combine(values: Tensor2D, atoms: Tensor3D): Tensor2D {
  const [rows, slots, d] = atoms.shape;
  return tf.reshape(tf.matMul(tf.reshape(values, [rows, 1, slots]), atoms), [rows, d]);
}

/** atoms [rows, slots, d] times r [rows, d] -> [rows, slots]. */
function project(atoms: Tensor3D, r: Tensor2D): Tensor2D {
  const [rows, slots, d] = atoms.shape;
  return tf.reshape(tf.matMul(atoms, tf.reshape(r, [rows, d, 1])), [rows, slots]);
}

/** One more latent for every row whose `active` float32 [rows, 1] is 1. */
function step({ indices, used, atoms, weights, residual }: Pursuit, target: Tensor2D, decoder: Tensor2D, active: Tensor2D): Pursuit {
  const rows = target.shape[0];
  const best = tf.cast(tf.reshape(tf.argMax(tf.matMul(residual, decoder, false, true), 1), [rows, 1]), 'int32') as Tensor2D;
  const held = tf.sum(tf.mul(tf.cast(tf.equal(indices, best), 'float32'), used), 1, true);
  const fresh = tf.mul(active, tf.cast(tf.equal(held, 0), 'float32')) as Tensor2D;
  const next = {
    indices: tf.concat([indices, best], 1), used: tf.concat([used, fresh], 1), weights: tf.concat([weights, tf.zeros([rows, 1])], 1),
    atoms: tf.concat([atoms, tf.reshape(tf.gather(decoder, tf.reshape(best, [rows])), [rows, 1, decoder.shape[1]])], 1) as Tensor3D,
  };
  const gradient = tf.mul(tf.mul(project(next.atoms, residual), next.used), active) as Tensor2D;
  const direction = combine(gradient, next.atoms);
  const length = tf.sum(tf.square(direction), 1, true);
  const eta = tf.divNoNan(tf.sum(tf.mul(direction, residual), 1, true), length);
  const moved = tf.relu(tf.add(next.weights, tf.mul(eta, gradient))) as Tensor2D;
  return { ...next, weights: moved, residual: tf.sub(target, combine(moved, next.atoms)) };
}

function pursueBlock(target: Tensor2D, decoder: Tensor2D, budgets: Float32Array): { readonly indices: Int32Array; readonly values: Float32Array; readonly width: number } {
  const [rows, d] = target.shape;
  const width = budgets.reduce((a, b) => Math.max(a, b), 0);
  // The first slot is nobody's: WebAssembly's sum over an axis without entries is whatever lay in memory.
  let state: Pursuit = {
    indices: tf.fill([rows, 1], -1, 'int32'), used: tf.zeros([rows, 1]), atoms: tf.zeros([rows, 1, d]), weights: tf.zeros([rows, 1]), residual: tf.clone(target),
  };
  for (let k = 0; k < width; k++) {
    const before = state;
    state = tf.tidy(() => step(before, target, decoder, tf.tensor2d(budgets.map((budget) => Number(k < budget)), [rows, 1])));
    tf.dispose(before);
  }
  const [indices, values] = [tf.slice(state.indices, [0, 1]), tf.slice(state.weights, [0, 1])];
  const result = { indices: indices.dataSync<'int32'>(), values: values.dataSync<'float32'>(), width };
  tf.dispose([indices, values, ...Object.values(state)]);
  return result;
}

/**
 * Codes of targets float32 [rows, d] (the decoder's bias already taken away) over decoder rows wDec float32 [n, d], with at most budgets[row]
 * latents in each row. A latent has one slot; unused ones have value 0.
 */
export function gradientPursuit(targets: Float32Array, rows: number, wDec: Float32Array, n: number, budgets: ArrayLike<number>): SparseCodes {
  const d = wDec.length / n;
  const most = Array.from(budgets).reduce((a, b) => Math.max(a, b), 0);
  const block = Math.max(1, Math.min(1024, Math.floor(gatheredEntries / Math.max(1, most * d))));
  const codes = { rows, width: most, indices: new Int32Array(rows * most), values: new Float32Array(rows * most) };
  const decoder = tf.tensor2d(wDec, [n, d]);
  try {
    for (let first = 0; first < rows; first += block) {
      const count = Math.min(block, rows - first);
      const own = Float32Array.from({ length: count }, (_, i) => budgets[first + i]!);
      const target = tf.tensor2d(targets.subarray(first * d, (first + count) * d), [count, d]);
      const { indices, values, width } = pursueBlock(target, decoder, own);
      target.dispose();
      for (let row = 0; row < count; row++) {
        codes.indices.set(indices.subarray(row * width, (row + 1) * width), (first + row) * most);
        codes.values.set(values.subarray(row * width, (row + 1) * width), (first + row) * most);
      }
    }
  } finally {
    decoder.dispose();
  }
  return codes;
}
