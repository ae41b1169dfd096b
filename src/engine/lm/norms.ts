/** LayerNorm and RMSNorm with TransformerLens' two hooks: the scale, and the value before the learned weight. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { constant } from './constant.ts';
import type { Architecture, Norm } from './definition.ts';
import { canFuse, fusedRmsNorm } from './fused.ts';
import { canFuseLayerNorm, fusedLayerNorm } from './fused-gpt.ts';
import type { HookRun } from './hook-run.ts';

/**
 * x float32 [rows, d] -> float32 [rows, d].
 *
 * RMSNorm: x / sqrt(mean(x^2) + eps) * w (Zhang & Sennrich 2019, 1910.07467, eq. 4). LayerNorm takes the mean from x first and
 * adds a bias (Ba et al. 2016, 1607.06450, eq. 3). `name` is the norm's hook prefix: blocks.3.ln1.
 */
export function applyNorm(x: Tensor2D, norm: Norm, kind: Architecture['norm'], eps: number, run: HookRun, name: string): Tensor2D {
  const touched = run.touchesAny(`${name}.`, ['hook_scale', 'hook_normalized']);
  if (kind === 'rms' && !touched && canFuse('LoupeRmsNorm', run)) return fusedRmsNorm(x, norm.weight, eps);
  if (kind === 'layer' && norm.bias !== null && !touched && !run.freezeNorms && canFuseLayerNorm()) return fusedLayerNorm(x, norm.weight, norm.bias, eps);
  const centred = kind === 'layer' ? tf.sub(x, tf.mean(x, 1, true)) : x;
  const meanSquare = tf.mean(tf.square(centred), 1, true);
  const plain = tf.sqrt(tf.add(meanSquare, eps));
  const scale = run.at(`${name}.hook_scale`, run.freezeNorms ? constant(plain) : plain);
  const normalized: Tensor = run.at(`${name}.hook_normalized`, tf.div(centred, scale));
  const weighted = tf.mul(normalized, norm.weight);
  return (norm.bias === null ? weighted : tf.add(weighted, norm.bias)) as Tensor2D;
}
