/** How many features a selection has and about how large each export of it will be, before anything is written. */
import type { ExportEstimate, ExportFormatName, ExportSelection } from '../../../shared/schema/export.ts';
import type { ReadHandle } from '../../catalog/handle.ts';
import { examples } from '../../catalog/tables/examples.ts';
import { chooseExamples } from './reader.ts';
import { resolveSelection } from './select.ts';
import type { SelectedSource } from './select.ts';

export interface EstimateInput {
  readonly selection: ExportSelection;
  /** Examples a feature at most, 0 where they are left out; null for what suits each format. */
  readonly examples: number | null;
}

/** Features whose examples are looked at. */
const sample = 50;

/** Bytes as measured on generated and real catalogs: of a feature without its examples, of an example, and of each token of one. */
const sizes: Readonly<Record<ExportFormatName, { readonly feature: number; readonly example: number; readonly token: number; readonly usual: number | null }>> = {
  loupe: { feature: 1500, example: 60, token: 1.2, usual: null },
  html: { feature: 1500, example: 40, token: 1.5, usual: 20 },
  neuronpedia: { feature: 700, example: 90, token: 3, usual: null },
  csv: { feature: 500, example: 0, token: 0, usual: 0 },
  parquet: { feature: 800, example: 30, token: 1.3, usual: null },
};

function sampled(selected: readonly SelectedSource[]): { source: number; index: number }[] {
  return selected.flatMap(({ source, indices }) => {
    const step = Math.max(1, Math.floor(indices.length / sample));
    return Array.from({ length: Math.min(sample, indices.length) }, (_, i) => ({ source: source.id, index: indices[i * step]! }));
  });
}

/** Kind not-found for an empty selection. */
export function exportEstimate(db: ReadHandle, input: EstimateInput): ExportEstimate {
  return db.snapshot(() => {
    const selected = resolveSelection(db, input.selection);
    const features = selected.reduce((sum, { indices }) => sum + indices.length, 0);
    const looked = sampled(selected).map(({ source, index }) => examples(db, source, index));
    const bytesOf = ({ feature, example, token, usual }: (typeof sizes)[ExportFormatName]): number => {
      const kept = looked.map((rows) => chooseExamples(rows, input.examples ?? usual).reduce((sum, row) => sum + example + token * row.activations.length, 0));
      return Math.round(features * (feature + kept.reduce((a, b) => a + b, 0) / Math.max(1, looked.length)));
    };
    return { features, bytes: Object.fromEntries(Object.entries(sizes).map(([format, size]) => [format, bytesOf(size)])) as ExportEstimate['bytes'] };
  });
}
