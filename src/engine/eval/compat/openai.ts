/** OpenAI's `normalized_mean_squared_error` (sparse_autoencoder/loss.py): relative to the activation's square, not to its variance. */
import { Means, rowSum } from './batch.ts';
import type { CompatForm } from './definition.ts';

export const openaiNmse: CompatForm = {
  id: 'compat.openai_nmse', title: 'openai/sparse_autoencoder', batchDependent: false,
  create: () => {
    const means = new Means();
    return {
      add: (batch) => means.add('normalized_mse', rowSum(batch, (row) => batch.ee[row]! / batch.xx[row]!), batch.rows),
      result: () => means.result(),
    };
  },
  formulas: { normalized_mse: 'mean over tokens of mean_d e_d^2 / mean_d x_d^2' },
};
