/** What a study must know before it counts: thresholds of units without exact zeros, how many fire, and how large embeddings are. Of the first batch. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../../ops/scope.ts';
import type { LanguageModel } from '../definition.ts';
import { ActivationSparsity } from '../layers/lazy/sparsity.ts';
import { l0Figures } from './ladder.ts';
import { look, logitsOf, type StudyBatch } from './passes.ts';
import { unitsHook, type ModelUnits } from './units.ts';

export interface Calibration {
  /** |a| above which a unit of the layer fires, [layers]; 0 where zeros are exact. */
  readonly thresholds: readonly number[];
  /** Units that fire on a token: the median layer's mean, and the most of any layer and token. */
  readonly usual: number;
  readonly most: number;
  /** Root mean square of the entries of token embeddings. */
  readonly embeddingRms: number;
}

function rms(value: Tensor2D): number {
  return scoped(() => Math.sqrt(tf.mean(tf.square(value)).dataSync()[0]!));
}

/** Two passes over the batch, one where zeros are exact. */
export function calibrate(model: LanguageModel, { units, exact }: ModelUnits, batch: StudyBatch, epsilon: number): Calibration {
  const layers = Array.from({ length: model.config.layers }, (_, layer) => layer);
  const sizes = new Float64Array(layers.length);
  let embeddingRms = 0;
  const see = [look('hook_embed', (value) => { embeddingRms = rms(value); }), ...(exact ? [] : layers.map((layer) => look(unitsHook(layer), (value) => { sizes[layer] = rms(value); })))];
  if (!exact) logitsOf(model, batch, see).dispose();
  const thresholds = layers.map((layer) => (exact ? 0 : epsilon * sizes[layer]!));
  const counts = layers.map((layer) => new ActivationSparsity(units, thresholds[layer]));
  logitsOf(model, batch, [...(exact ? see : []), ...layers.map((layer) => look(unitsHook(layer), (value) => counts[layer]!.add(value)))]).dispose();
  const found = counts.map((count) => l0Figures(count.figures().histogram));
  const means = found.map(({ mean }) => mean).sort((a, b) => a - b);
  return { thresholds, usual: means[means.length >> 1]!, most: Math.max(...found.map(({ most }) => most)), embeddingRms };
}
