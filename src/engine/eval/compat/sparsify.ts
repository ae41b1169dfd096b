/** sparsify's FVU: that of a batch, about the batch's own mean, averaged over batches; of y for transcoders. */
import { Means, sumOf } from './batch.ts';
import type { CompatForm } from './definition.ts';

export const sparsify: CompatForm = {
  id: 'compat.sparsify', title: 'sparsify', batchDependent: true,
  create: () => {
    const means = new Means();
    return {
      add: (batch) => batch.rows > 0 && means.add('fvu', sumOf(batch.ee) / sumOf(batch.deviation), 1),
      result: () => means.result(),
    };
  },
  formulas: { fvu: 'mean over batches of sum |e|^2 / sum |x - mean of the batch|^2' },
};
