/** Neuronpedia's export: `MODEL/SOURCE/` with release, model, set and source, then features, activations and explanations by 1,024 features. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stores } from '../../../catalog/tables/contexts.ts';
import { models } from '../../../catalog/tables/models.ts';
import { exactName } from '../../neuronpedia/exact.ts';
import { namesOf } from '../../neuronpedia/names.ts';
import { activationRow, exactRows, explanationRow, featureRow, modelRow, releaseRow, sourceRow, sourceSetRow } from '../../neuronpedia/rows.ts';
import type { Json, RowContext } from '../../neuronpedia/rows.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import type { SelectedSource } from '../select.ts';
import { TextFile, withTextFile } from '../text-file.ts';
import type { ExportFormat } from './format.ts';

/** Features a batch: their activations and explanations lie in the files of the same number. */
const batchFeatures = 1024;

const line = (row: Json): string => `${JSON.stringify(row)}\n`;

/** The three files of a batch; one that gets no row is not made. */
class Batch {
  readonly #folder: string;
  readonly #number: number;
  readonly #files = new Map<string, TextFile>();

  constructor(folder: string, number: number) {
    this.#folder = folder;
    this.#number = number;
  }

  add(kind: 'features' | 'activations' | 'explanations', row: Json): void {
    let file = this.#files.get(kind);
    if (file === undefined) {
      mkdirSync(join(this.#folder, kind), { recursive: true });
      this.#files.set(kind, file = new TextFile(join(this.#folder, kind, `batch-${this.#number}.jsonl.gz`), true));
    }
    file.write(line(row));
  }

  close(): void {
    this.#files.forEach((file) => file.close());
  }
}

function writeHead(folder: string, reader: ExportReader, context: RowContext): void {
  const model = models(reader.db).find((row) => row.id === context.source.model)!;
  const one = (name: string, row: Json): void => withTextFile(join(folder, name), false, (file) => file.write(line(row)));
  one('release.jsonl', releaseRow(context));
  one('model.jsonl', modelRow(context, model.layers, model.dModel));
  one('sourceset.jsonl', sourceSetRow(context));
  one('source.jsonl', sourceRow(context));
}

function addFeature(batch: Batch, reader: ExportReader, context: RowContext, feature: ExportedFeature): number {
  batch.add('features', featureRow(context, feature));
  for (const example of feature.examples) batch.add('activations', activationRow(context, feature, example, reader.window(example, context.source.model)));
  const kept = feature.labels.filter((label) => label.undoneAt === null);
  for (const label of kept) batch.add('explanations', explanationRow(context, label, feature.scores.filter((score) => score.label === label.id)));
  return kept.length;
}

function writeSource(reader: ExportReader, selected: SelectedSource, to: string, taken: Set<string>): { examples: number; labels: number } {
  const { source } = selected;
  const names = namesOf(source, taken);
  const store = stores(reader.db).find((row) => row.id === source.store)!;
  const context: RowContext = { names, source, store, createdAt: new Date().toISOString(), text: (token) => reader.tokenText(token, source.model) };
  const folder = join(to, names.model, names.source);
  mkdirSync(folder, { recursive: true });
  writeHead(folder, reader, context);
  const written = { examples: 0, labels: 0 };
  let place = 0;
  let batch: Batch | null = null;
  const exact = new TextFile(join(folder, exactName), true);
  try {
    for (const feature of reader.features(selected)) {
      if (place % batchFeatures === 0) {
        batch?.close();
        batch = new Batch(folder, place / batchFeatures);
      }
      for (const row of exactRows(feature)) exact.write(line(row));
      written.labels += addFeature(batch!, reader, context, feature);
      written.examples += feature.examples.length;
      place++;
    }
  } finally {
    batch?.close();
    exact.close();
  }
  return written;
}

export const neuronpedia: ExportFormat = {
  name: 'neuronpedia',
  examples: null,
  write({ reader }, to) {
    mkdirSync(to);
    const taken = new Set<string>();
    const written = reader.sources.map((selected) => writeSource(reader, selected, to, taken));
    return { examples: written.reduce((sum, { examples }) => sum + examples, 0), labels: written.reduce((sum, { labels }) => sum + labels, 0) };
  },
};
