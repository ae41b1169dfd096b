/** Where a benchmark starts: ReLU and JumpReLU dictionaries reach their L0 only after thousands of steps, and a step's time depends on it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { encodeAbove, guessBound } from '../ops/sparse-codes.ts';
import { scoped } from '../ops/scope.ts';
import type { AnyVariant } from '../sae/definition.ts';
import type { Trainer } from './trainer.ts';

/**
 * Moves thresholds, or biases where there are none, so that about `l0` latents a row are active on x float32 [rows, dIn]. Weights of
 * dictionaries that choose a number of latents stay as they are.
 */
export function startAtL0(trainer: Trainer, variant: Pick<AnyVariant, 'id' | 'centresInput'>, x: Tensor2D, l0: number): void {
  scoped(() => {
    const state = trainer.state();
    const [wEnc, bEnc] = [state['wEnc'] as Tensor2D | undefined, state['bEnc'] as Tensor1D | undefined];
    if (wEnc === undefined || bEnc === undefined) return;
    const name = state['threshold']?.shape[0] === wEnc.shape[0] ? 'threshold' : 'bEnc';
    if (name === 'bEnc' && !variant.id.startsWith('relu')) return;
    const centred = variant.centresInput ? (tf.sub(x, state['bDec']!) as Tensor2D) : x;
    const bound = boundOf(centred, wEnc, bEnc, l0);
    const moved: Tensor = name === 'threshold' ? tf.fill(bEnc.shape, bound) : tf.sub(bEnc, bound);
    trainer.restore({ ...state, [name]: moved });
  });
}

/** What `l0` pre-activations a row lie above, by bisection over a part of the batch. */
function boundOf(centred: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, l0: number): number {
  const rows = Math.min(256, centred.shape[0]);
  const some = tf.slice(centred, [0, 0], [rows, centred.shape[1]]) as Tensor2D;
  // above the largest that is ever wanted, as no more than a few entries lie above it
  let [low, high] = [0, 4 * guessBound(some, wEnc, bEnc, rows)];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    const active = scoped(() => encodeAbove(some, wEnc, bEnc, tf.fill(bEnc.shape, middle)).values.shape[0]);
    if (active > l0 * rows) low = middle;
    else high = middle;
  }
  return high;
}
