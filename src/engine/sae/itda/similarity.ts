/**
 * Similarity of models and layers by which tokens became atoms (Leask et al. 2025, arXiv 2505.17769, section 5): S = |K0 and K1| / |K0 or K1|
 * over label keys. Comparable where both were built from the same prompts in the same order, by the same tokenizer.
 */
import { LoupeError } from '../../../shared/errors.ts';

/** Context and position as one number. */
export type LabelKeys = ReadonlySet<number>;

const positions = 2 ** 21;

/** Keys of labels [atoms, 2]: context and position. Kind mismatch for an odd count or numbers that are none. */
export function labelKeys(labels: ArrayLike<number>): LabelKeys {
  if (labels.length % 2 !== 0) throw new LoupeError('mismatch', `labels has ${labels.length} numbers: a context and a position for each atom are wanted`);
  const keys = new Set<number>();
  for (let at = 0; at < labels.length; at += 2) {
    const [context, position] = [labels[at]!, labels[at + 1]!];
    if (!(Number.isInteger(context) && context >= 0 && Number.isInteger(position) && position >= 0 && position < positions)) {
      throw new LoupeError('mismatch', `label ${at / 2} is (${context}, ${position}): a context and a position are whole numbers from 0, the position below ${positions}`);
    }
    keys.add(context * positions + position);
  }
  return keys;
}

/** |a and b| / |a or b|; 1 for two empty sets. */
export function jaccard(a: LabelKeys, b: LabelKeys): number {
  let both = 0;
  for (const key of a) both += Number(b.has(key));
  const either = a.size + b.size - both;
  return either === 0 ? 1 : both / either;
}

/** All layers of a model together. */
export function modelKeys(layers: readonly LabelKeys[]): LabelKeys {
  return new Set(layers.flatMap((layer) => [...layer]));
}

/** S of each layer of one model (rows) with each of another (columns). */
export function layerSimilarities(a: readonly LabelKeys[], b: readonly LabelKeys[]): number[][] {
  return a.map((layer) => b.map((other) => jaccard(layer, other)));
}

/**
 * Share of (model, other model, layer i) whose most similar layer of the other is layer i; chance is 1 / layers. Ties go to the lower layer.
 * Kind bad-request for fewer than two models or other counts of layers.
 */
export function layerMatching(models: readonly (readonly LabelKeys[])[]): number {
  const layers = models[0]?.length ?? 0;
  if (models.length < 2 || layers === 0 || models.some((model) => model.length !== layers)) {
    throw new LoupeError('bad-request', 'layers are matched between at least two models with the same count of layers');
  }
  let [right, all] = [0, 0];
  for (const [m, model] of models.entries()) {
    for (const [o, other] of models.entries()) {
      if (m === o) continue;
      for (const [i, row] of layerSimilarities(model, other).entries()) {
        right += Number(row.indexOf(Math.max(...row)) === i);
        all++;
      }
    }
  }
  return right / all;
}
