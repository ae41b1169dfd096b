/** Parquet with typed columns: `features.parquet`, `labels.parquet` and `examples.parquet`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExampleRow } from '../../../catalog/tables/examples.ts';
import type { FeatureRecord } from '../../../catalog/tables/features.ts';
import type { LabelRow } from '../../../catalog/tables/labels.ts';
import { withParquetTable } from '../parquet-table.ts';
import type { Coded } from '../parquet-words.ts';
import type { ParquetTable, ParquetValue } from '../parquet-table.ts';
import { currentOf, writeActivations } from '../reader.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import type { SelectedSource } from '../select.ts';
import type { ExportFormat } from './format.ts';

const int = { type: 'int' } as const;
const text = { type: 'text' } as const;
const float = { type: 'float' } as const;

export const parquetColumns = {
  features: {
    source: int, source_name: text, model: text, hook_point: text, feature: int, density: { type: 'double' }, firings: { type: 'long' }, tokens: { type: 'long' },
    max: float, mean: float, dead: { type: 'flag' }, label: { type: 'text', nullable: true }, label_kind: { type: 'text', nullable: true }, confidence: { type: 'int', nullable: true },
    histogram_low: { type: 'double' }, histogram_high: { type: 'double' }, histogram: { type: 'long', list: true }, intervals: { type: 'long', list: true },
    top_tokens: { type: 'text', list: true }, top_effects: { type: 'float', list: true }, bottom_tokens: { type: 'text', list: true }, bottom_effects: { type: 'float', list: true },
    neighbours: { type: 'int', list: true }, neighbour_cosines: { type: 'float', list: true },
  },
  labels: {
    source: int, feature: int, uid: text, text, kind: text, confidence: { type: 'int', nullable: true }, author: text, notes: text,
    created_at: text, undone_at: { type: 'text', nullable: true }, current: { type: 'flag' },
  },
  examples: {
    source: int, feature: int, group: int, rank: int, context: int, document: int, start: int, peak: int, value: float, maximum: float,
    tokens: { type: 'text', list: true }, activations: { type: 'float', list: true },
  },
} as const;

function featureRow(reader: ExportReader, { source }: SelectedSource, { record, details, labels }: ExportedFeature): ParquetValue[] {
  const label = currentOf(labels);
  const { ids, values } = details.logits;
  const half = ids.length / 2;
  const words = (from: number, to: number): Coded => ({ codes: ids, from, to, text: reader.textsOf(source.model) });
  return [
    source.id, source.name, source.modelName, source.hookPoint, record.index, record.density, record.firings, source.tokens, record.max, record.mean, record.firings === 0,
    label?.text ?? null, label?.kind ?? null, label?.confidence ?? null, details.low, details.high, details.histogram, details.bins,
    words(0, half), values.subarray(0, half), words(half, 2 * half), values.subarray(half), details.neighbours.ids, details.neighbours.values,
  ];
}

function labelRow(label: LabelRow, current: LabelRow | null): ParquetValue[] {
  return [label.source, label.feature, label.uid, label.text, label.kind, label.confidence, label.author, label.notes, label.createdAt, label.undoneAt, label.id === current?.id];
}

function exampleRow(reader: ExportReader, { source }: SelectedSource, { index, min }: FeatureRecord, example: ExampleRow): ParquetValue[] {
  const { codes, from, to, document } = reader.codes(example, source.model);
  return [
    source.id, index, example.group, example.rank, example.context, document, example.start, example.peak, example.value, example.maximum,
    { codes, from, to, text: reader.textsOf(source.model) }, { length: to - from, write: (out, at) => writeActivations(example, to - from, min < 0, out, at) },
  ];
}

interface Tables {
  readonly features: ParquetTable;
  readonly labels: ParquetTable;
  readonly examples: ParquetTable;
}

function fill(reader: ExportReader, tables: Tables): { labels: number; examples: number } {
  const written = { labels: 0, examples: 0 };
  for (const selected of reader.sources) {
    for (const feature of reader.features(selected, { extras: false })) {
      tables.features.add(featureRow(reader, selected, feature));
      const current = currentOf(feature.labels);
      for (const label of feature.labels) tables.labels.add(labelRow(label, current));
      for (const example of feature.examples) tables.examples.add(exampleRow(reader, selected, feature.record, example));
      written.labels += feature.labels.length;
      written.examples += feature.examples.length;
    }
  }
  return written;
}

export const parquet: ExportFormat = {
  name: 'parquet',
  examples: null,
  write({ reader }, to) {
    mkdirSync(to);
    return withParquetTable(join(to, 'features.parquet'), parquetColumns.features, (features) =>
      withParquetTable(join(to, 'labels.parquet'), parquetColumns.labels, (labels) =>
        withParquetTable(join(to, 'examples.parquet'), parquetColumns.examples, (examples) => fill(reader, { features, labels, examples }))));
  },
};
