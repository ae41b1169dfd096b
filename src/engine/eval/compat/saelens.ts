/** SAELens' `evals.py`, in the two versions whose figures are met: 6.18, and 6.54 that installs today. */
import type { CompatBatch } from './batch.ts';
import { Means, rowSum, sumOf } from './batch.ts';
import type { CompatForm, CompatSums } from './definition.ts';

const shared: Readonly<Record<string, string>> = {
  l2_ratio: 'mean |y| / |x|, where |x| below 1e-4 counts as 1',
  relative_reconstruction_bias: 'mean over batches of mean |y|^2 / mean x.y',
  cossim: 'mean cos(x, y); not a number where a row is zero',
  explained_variance_legacy: 'mean over tokens of 1 - |e|^2 / |x - mean of the batch|^2',
};

/** The figures that both versions compute alike. */
class SharedFigures {
  readonly means = new Means();

  add(batch: CompatBatch): void {
    const { rows, xx, yy, xy, ee, deviation } = batch;
    const each = (name: string, term: (row: number) => number): void => this.means.add(name, rowSum(batch, term), rows);
    each('l2_ratio', (row) => Math.sqrt(yy[row]!) / (Math.sqrt(xx[row]!) < 1e-4 ? 1 : Math.sqrt(xx[row]!)));
    each('cossim', (row) => xy[row]! / Math.sqrt(xx[row]!) / Math.sqrt(yy[row]!));
    each('explained_variance_legacy', (row) => 1 - ee[row]! / deviation[row]!);
    this.means.add('relative_reconstruction_bias', sumOf(yy) / sumOf(xy), 1);
  }
}

/** 6.18: the mean of squares stands where the mean should, and is squared once more, so the figure changes with the unit of x. */
class SaeLens618 implements CompatSums {
  readonly #figures = new SharedFigures();
  readonly #terms = new Means();

  add(batch: CompatBatch): void {
    if (batch.rows === 0) return;
    this.#figures.add(batch);
    this.#terms.add('squares', sumOf(batch.xx) / batch.rows, 1);
    this.#terms.add('perDimension', sumOf(batch.xx) / batch.rows / batch.d, 1);
    this.#terms.add('residual', sumOf(batch.ee) / batch.rows, 1);
    const positive = batch.fired.values.filter((value) => value > 0).length;
    this.#figures.means.add('l0', positive, batch.rows);
    this.#figures.means.add('l1', batch.fired.values.reduce((sum, value) => sum + value, 0), batch.rows);
    // each token's error is divided by the batch's tokens before the mean over tokens is taken
    this.#figures.means.add('mse', sumOf(batch.ee) / batch.rows, batch.rows);
  }

  result(): Record<string, number> {
    const { squares, perDimension, residual } = this.#terms.result() as Record<'squares' | 'perDimension' | 'residual', number>;
    return { explained_variance: 1 - residual / (squares - perDimension ** 2), ...this.#figures.means.result() };
  }
}

/** 6.54: streamed over all rows, about the mean. */
class SaeLens654 implements CompatSums {
  readonly #figures = new SharedFigures();
  #total = { rows: 0, xx: 0, ee: 0 };
  #sum = new Float64Array(0);

  add(batch: CompatBatch): void {
    if (batch.rows === 0) return;
    this.#figures.add(batch);
    this.#figures.means.add('mse', sumOf(batch.ee), batch.rows);
    this.#figures.means.add('l0', sumOf(batch.l0), batch.rows);
    this.#figures.means.add('l1', sumOf(batch.l1), batch.rows);
    if (this.#sum.length === 0) this.#sum = new Float64Array(batch.d);
    for (let i = 0; i < batch.d; i++) this.#sum[i]! += batch.sum[i]!;
    this.#total.rows += batch.rows;
    this.#total.xx += sumOf(batch.xx);
    this.#total.ee += sumOf(batch.ee);
  }

  result(): Record<string, number> {
    const { rows, xx, ee } = this.#total;
    const mean = this.#sum.reduce((total, sum) => total + (sum / rows) ** 2, 0);
    const [variance, mse] = [xx / rows - mean, ee / rows];
    const explained = variance < 1e-10 ? Number(mse < 1e-10) : 1 - mse / variance;
    return { explained_variance: rows === 0 ? 0 : explained, ...this.#figures.means.result() };
  }
}

export const saelens618: CompatForm = {
  id: 'compat.saelens_6_18', title: 'SAELens 6.18', batchDependent: true, create: () => new SaeLens618(),
  formulas: {
    explained_variance: '1 - E|e|^2 / (E|x|^2 - m^2), m = mean over batches and dimensions of x_d^2: neither about the mean nor free of the unit of x',
    ...shared, l0: 'mean count of f > 0', l1: 'mean sum f', mse: 'mean over tokens of |e|^2 / tokens of the batch',
  },
};

export const saelens654: CompatForm = {
  id: 'compat.saelens_6_54', title: 'SAELens 6.54', batchDependent: true, create: () => new SaeLens654(),
  formulas: { explained_variance: '1 - E|e|^2 / (E|x|^2 - |E x|^2)', ...shared, l0: 'mean count of f != 0', l1: 'mean sum |f|', mse: 'mean |e|^2, summed over dimensions' },
};

/** The per-token form alone, which e2e_sae uses too: tokens near the mean dominate it, and it may be strongly negative. */
export const saelensLegacy: CompatForm = {
  id: 'compat.saelens_legacy', title: 'SAELens before 6', batchDependent: true,
  create: () => {
    const means = new Means();
    return {
      add: (batch) => means.add('explained_variance', rowSum(batch, (row) => 1 - batch.ee[row]! / batch.deviation[row]!), batch.rows),
      result: () => means.result(),
    };
  },
  formulas: { explained_variance: shared['explained_variance_legacy']! },
};
