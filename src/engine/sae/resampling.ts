/** Dead latents start anew in the direction of inputs that are reconstructed badly (Bricken et al. 2023, "Towards Monosemanticity", appendix). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Random } from '../random.ts';
import type { LossContext, Weights } from './definition.ts';

/** A resampled encoder row's norm, as a share of the mean norm of the living ones. */
const encoderShare = 0.2;

/**
 * Whether latents are resampled after this step: `times` times at equal distances over the first half of the run. (The source: steps 25,
 * 50, 75 and 100 thousand of 200 thousand.)
 */
export function resamplesNow({ step, steps }: Pick<LossContext, 'step' | 'steps'>, times: number): boolean {
  const period = Math.floor(steps / (2 * times));
  return times > 0 && period > 0 && (step + 1) % period === 0 && (step + 1) / period <= times;
}

/**
 * New values of the weights, of Adam's moments and of the dead counters.
 *
 * Each dead latent draws an input with a probability proportional to its squared loss; different latents draw different inputs while there
 * are enough [our choice: twins would stay twins]. Its decoder row becomes that input at norm 1, its encoder row the same direction at 0.2
 * of the mean norm of living encoder rows, its encoder bias 0; the moments of exactly these entries become 0.
 *
 * @param weights wEnc, wDec float32 [dSae, dIn], bEnc [dSae], and beside them their moments as `wEnc.m`, `wEnc.v`... and sinceFired int32 [dSae], where present
 * @param x float32 [rows, dIn]
 * @param reconstruction float32 [rows, dIn]
 * @param dead 1 where a latent is dead, float32 [dSae]
 */
export function resampledLatents(weights: Weights, x: Tensor2D, reconstruction: Tensor2D, dead: Tensor1D, random: Random): Weights {
  const dSae = dead.shape[0];
  const drawn = drawInputs(tf.sum(tf.square(tf.sub(x, reconstruction)), 1).dataSync() as Float32Array, dead.dataSync() as Float32Array, random);
  const chosen = tf.gather(x, tf.tensor1d(drawn, 'int32')) as Tensor2D;
  const directions = tf.div(chosen, tf.maximum(tf.norm(chosen, 2, 1, true), 1e-12));
  const living = tf.sub(1, dead);
  const wEnc = weights['wEnc'] as Tensor2D;
  const meanNorm = tf.div(tf.sum(tf.mul(tf.norm(wEnc, 2, 1), living)), tf.maximum(tf.sum(living), 1));
  const isDead = tf.cast(dead, 'bool');
  const column = tf.reshape(isDead, [dSae, 1]);
  const rows = (old: Tensor, fresh: Tensor): Tensor => tf.where(tf.broadcastTo(column, old.shape as [number, number]), fresh, old);
  const result: Record<string, Tensor> = {
    wEnc: rows(wEnc, tf.mul(directions, tf.mul(meanNorm, encoderShare))),
    wDec: rows(weights['wDec']!, directions),
    bEnc: tf.mul(weights['bEnc']!, living),
  };
  for (const name of ['wEnc', 'wDec', 'bEnc'].flatMap((weight) => [`${weight}.m`, `${weight}.v`])) {
    const moment = weights[name];
    if (moment !== undefined) result[name] = tf.mul(moment, moment.rank === 2 ? tf.reshape(living, [dSae, 1]) : living);
  }
  const sinceFired = weights['sinceFired'];
  if (sinceFired !== undefined) result['sinceFired'] = tf.mul(sinceFired, tf.cast(living, 'int32'));
  return result;
}

/** Row of x for each latent: drawn in proportion to the square of `losses` [rows] where `dead` [dSae] is 1, row 0 elsewhere. int32 [dSae]. */
function drawInputs(losses: Float32Array, dead: Float32Array, random: Random): Int32Array {
  const weights = Float64Array.from(losses, (loss) => loss * loss);
  const drawn = new Int32Array(dead.length);
  const used = new Set<number>();
  for (let latent = 0; latent < dead.length; latent++) {
    if (dead[latent] === 0) continue;
    if (used.size === weights.length) used.clear();
    drawn[latent] = drawOne(weights, used, random);
    used.add(drawn[latent]!);
  }
  return drawn;
}

function drawOne(weights: Float64Array, used: ReadonlySet<number>, random: Random): number {
  let total = 0;
  for (let row = 0; row < weights.length; row++) if (!used.has(row)) total += weights[row]!;
  let left = random.uniform() * total;
  let last = 0;
  for (let row = 0; row < weights.length; row++) {
    if (used.has(row)) continue;
    last = row;
    left -= weights[row]!;
    if (left < 0) return row;
  }
  return last;
}
