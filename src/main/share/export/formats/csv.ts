/** CSV by RFC 4180 (CRLF, quotes doubled), UTF-8: `features.csv` with the current labels, `labels.csv` with their history. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelRow } from '../../../catalog/tables/labels.ts';
import { withTextFile } from '../text-file.ts';
import type { SelectedSource } from '../select.ts';
import { currentOf } from '../reader.ts';
import type { ExportedFeature } from '../reader.ts';
import type { ExportFormat } from './format.ts';

type Cell = string | number | boolean | null;

/** What a spreadsheet would take for a formula. A number is none, whatever its sign. */
const formula = /^[=+\-@\t\r]/;

/** One cell. With `guard`, text that a spreadsheet would compute gets an apostrophe before it. NUL, which no reader takes, becomes U+FFFD. */
export function csvCell(value: Cell, guard: boolean): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = (guard && formula.test(value) ? `'${value}` : value).replaceAll('\0', '\uFFFD');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvRow(cells: readonly Cell[], guard: boolean): string {
  return `${cells.map((cell) => csvCell(cell, guard)).join(',')}\r\n`;
}

const featureColumns = ['source', 'source_name', 'model', 'hook_point', 'feature', 'density', 'firings', 'tokens', 'max', 'mean', 'dead', 'label', 'label_kind', 'confidence', 'author', 'notes', 'labelled_at', 'top_tokens', 'bottom_tokens'] as const;
const labelColumns = ['source', 'feature', 'uid', 'text', 'kind', 'confidence', 'author', 'notes', 'created_at', 'undone_at', 'current'] as const;

function featureCells({ source }: SelectedSource, { record, details, labels }: ExportedFeature, text: (token: number) => string): Cell[] {
  const label = currentOf(labels);
  const { ids } = details.logits;
  const half = ids.length / 2;
  const words = (from: number, to: number): string => Array.from(ids.subarray(from, to), (id) => JSON.stringify(text(id))).join(' ');
  return [
    source.id, source.name, source.modelName, source.hookPoint, record.index, record.density, record.firings, source.tokens, record.max, record.mean, record.firings === 0,
    label?.text ?? null, label?.kind ?? null, label?.confidence ?? null, label?.author ?? null, label?.notes ?? null, label?.createdAt ?? null,
    words(0, half), words(half, 2 * half),
  ];
}

function labelCells(label: LabelRow, current: LabelRow | null): Cell[] {
  return [label.source, label.feature, label.uid, label.text, label.kind, label.confidence, label.author, label.notes, label.createdAt, label.undoneAt, label.id === current?.id];
}

export const csv: ExportFormat = {
  name: 'csv',
  examples: 0,
  write({ reader, config: { guardFormulas: guard } }, to) {
    mkdirSync(to);
    let written = 0;
    withTextFile(join(to, 'features.csv'), false, (features) => withTextFile(join(to, 'labels.csv'), false, (labels) => {
      features.write(csvRow(featureColumns, false));
      labels.write(csvRow(labelColumns, false));
      for (const selected of reader.sources) {
        for (const feature of reader.features(selected, { extras: false })) {
          features.write(csvRow(featureCells(selected, feature, (token) => reader.tokenText(token, selected.source.model)), guard));
          const current = currentOf(feature.labels);
          for (const label of feature.labels) labels.write(csvRow(labelCells(label, current), guard));
          written += feature.labels.length;
        }
      }
    }));
    return { labels: written };
  },
};
