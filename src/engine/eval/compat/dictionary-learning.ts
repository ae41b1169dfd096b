/** dictionary_learning's `evaluation.py`: each figure is computed a batch, then averaged over batches. */
import type { CompatBatch } from './batch.ts';
import { Means, rowSum, sumOf } from './batch.ts';
import type { CompatForm, CompatSums } from './definition.ts';

class DictionaryLearning implements CompatSums {
  readonly #means = new Means();
  /** Sum of each latent: one whose values cancel counts as never active. */
  readonly #sums: Float64Array;

  constructor(dSae: number) {
    this.#sums = new Float64Array(dSae);
  }

  add(batch: CompatBatch): void {
    const { rows, xx, yy, xy, ee } = batch;
    if (rows === 0) return;
    const each = (name: string, value: number): void => this.#means.add(name, value, 1);
    each('l2_loss', rowSum(batch, (row) => Math.sqrt(ee[row]!)) / rows);
    each('l1_loss', sumOf(batch.l1) / rows);
    each('l0', sumOf(batch.l0) / rows);
    // both variances have one degree of freedom less, which cancels
    const residual = sumOf(ee) - batch.errorSum.reduce((total, sum) => total + sum ** 2, 0) / rows;
    each('frac_variance_explained', 1 - residual / sumOf(batch.deviation));
    each('cossim', rowSum(batch, (row) => xy[row]! / Math.sqrt(xx[row]!) / Math.sqrt(yy[row]!)) / rows);
    each('l2_ratio', rowSum(batch, (row) => Math.sqrt(yy[row]! / xx[row]!)) / rows);
    each('relative_reconstruction_bias', sumOf(yy) / sumOf(xy));
    batch.fired.indices.forEach((latent, i) => (this.#sums[latent]! += batch.fired.values[i]!));
  }

  result(): Record<string, number> {
    const alive = this.#sums.reduce((count, sum) => count + (sum === 0 ? 0 : 1), 0);
    return { ...this.#means.result(), frac_alive: alive / this.#sums.length };
  }
}

export const dictionaryLearning: CompatForm = {
  id: 'compat.dictionary_learning', title: 'dictionary_learning', batchDependent: true, create: (dSae) => new DictionaryLearning(dSae),
  formulas: {
    l2_loss: 'mean over batches of mean |e|, not squared',
    l1_loss: 'mean over batches of mean sum |f|',
    l0: 'mean over batches of mean count of f != 0',
    frac_variance_explained: 'mean over batches of 1 - sum_d Var(e_d) / sum_d Var(x_d): a constant offset costs nothing',
    cossim: 'mean over batches of mean cos(x, y)',
    l2_ratio: 'mean over batches of mean |y| / |x|',
    relative_reconstruction_bias: 'mean over batches of mean |y|^2 / mean x.y',
    frac_alive: 'share of latents with sum f != 0',
  },
};
