/** Adam (Kingma & Ba 2014, arXiv 1412.6980, Algorithm 1): epsilon is added after the bias correction, as PyTorch does. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { ResourceVariable } from '../backend/native-binding.ts';
import type { Cell } from './cell.ts';
import { createCell } from './cell.ts';

export interface AdamSettings {
  /** Learning rate of this step, dimensionless. */
  readonly lr: number;
  /** Steps taken, this one included: 1 at the first. */
  readonly step: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** A parameter with its two moments. */
export interface AdamCell {
  readonly value: Cell;
  readonly m: Cell;
  readonly v: Cell;
}

/** Starts a parameter at `initial`, of any shape like [rows, d]; the moments start at 0. `initial` remains the caller's. */
export function createAdamCell(initial: Tensor): AdamCell {
  const zeros = tf.zerosLike(initial);
  const cell = { value: createCell(initial), m: createCell(zeros), v: createCell(zeros) };
  zeros.dispose();
  return cell;
}

/** Frees the parameter and its moments. */
export function disposeAdamCell(cell: AdamCell): void {
  cell.value.dispose();
  cell.m.dispose();
  cell.v.dispose();
}

/** The two bias corrections as the kernels want them: lr / (1 - beta1^t), and 1 / sqrt(1 - beta2^t). */
export function adamFactors(settings: AdamSettings): { readonly stepSize: number; readonly rootCorrection: number } {
  return {
    stepSize: settings.lr / (1 - settings.beta1 ** settings.step),
    rootCorrection: 1 / Math.sqrt(1 - settings.beta2 ** settings.step),
  };
}

/** One step, in place where the native kernel is there. `gradient` has the shape of the parameter, like [rows, d]. */
export function adam(cell: AdamCell, gradient: Tensor, settings: AdamSettings): void {
  if (!hasNative('LoupeAdam')) return stockAdam(cell, gradient, settings);
  const { stepSize, rootCorrection } = adamFactors(settings);
  const numbers = tf.tensor1d([stepSize, settings.beta1, settings.beta2, settings.epsilon, rootCorrection]);
  const handles = [cell.value, cell.m, cell.v].map((part) => (part as ResourceVariable).handle);
  executeNative('LoupeAdam', {}, [...handles, gradient, numbers], 0);
  numbers.dispose();
}

/** The same in stock ops. `gradient` has the shape of the parameter, like [rows, d]. */
export function stockAdam(cell: AdamCell, gradient: Tensor, settings: AdamSettings): void {
  tf.tidy(() => {
    const { stepSize, rootCorrection } = adamFactors(settings);
    const m = tf.add(tf.mul(cell.m.read(), settings.beta1), tf.mul(gradient, 1 - settings.beta1));
    const v = tf.add(tf.mul(cell.v.read(), settings.beta2), tf.mul(tf.square(gradient), 1 - settings.beta2));
    const change = tf.div(tf.mul(m, stepSize), tf.add(tf.mul(tf.sqrt(v), rootCorrection), settings.epsilon));
    cell.m.assign(m);
    cell.v.assign(v);
    cell.value.assign(tf.sub(cell.value.read(), change));
  });
}
