/**
 * A site that opens from disk: the pages of resources/site and, beside them, the data as compressed JSON in classic scripts. One script
 * holds the columns of a source's table, one the texts of all tokens, and one each `perShard` features.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { entryPath } from '../../../../engine/entry.ts';
import { writeFileAtomic } from '../../../../engine/files/atomic.ts';
import type { ExampleRow } from '../../../catalog/tables/examples.ts';
import type { LabelRow } from '../../../catalog/tables/labels.ts';
import type { ScoreRow } from '../../../catalog/tables/scores.ts';
import { currentOf } from '../reader.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import { redactProvenance } from '../redact.ts';
import type { SelectedSource } from '../select.ts';
import type { ExportFormat } from './format.ts';

/** Features a script: about 150 kB, read in a few milliseconds. */
const perShard = 128;

/** Five digits are what the page shows. */
const short = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(5)));

/** Texts of tokens by number, each once. */
class Words {
  readonly texts: string[] = [];
  readonly special: number[] = [];
  readonly #numbers = new Map<string, number>();

  number(text: string, special: boolean): number {
    const key = special ? `s${text}` : `t${text}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.texts.push(text) - 1;
      this.#numbers.set(key, number);
      if (special) this.special.push(number);
    }
    return number;
  }
}

/** Base64 in quotes: no text of a catalog stands in a script as it is. */
function writeShard(folder: string, name: string, value: unknown): void {
  const packed = deflateSync(JSON.stringify(value), { level: 6 }).toString('base64');
  writeFileAtomic(join(folder, 'data', `${name}.js`), `loupeShard("${name}","${packed}");\n`);
}

function exampleOf(reader: ExportReader, words: Words, model: number, example: ExampleRow): unknown[] {
  const window = reader.window(example, model);
  const ids = window.texts.map((text, i) => words.number(text, window.special[i]!));
  const sparse: number[] = [];
  example.activations.forEach((step, i) => { if (step > 0 && i < ids.length) sparse.push(i, step); });
  return [example.group, short(example.value), short(example.maximum), example.peak - example.start, example.start, window.document, window.number, ids, sparse];
}

function labelOf(label: LabelRow, current: LabelRow | null, scores: readonly ScoreRow[]): Record<string, unknown> {
  const { text, author, kind, confidence, notes, createdAt, undoneAt, id } = label;
  return {
    text, author, kind, confidence, notes, at: createdAt, undone: undoneAt !== null, current: id === current?.id,
    scores: scores.filter((score) => score.label === id).map(({ scorer, value, low, high, n }) => ({ scorer, value, low, high, n })),
  };
}

function featureOf(reader: ExportReader, words: Words, { source }: SelectedSource, feature: ExportedFeature): Record<string, unknown> {
  const { record, details, labels, scores, comments, examples } = feature;
  const { ids, values } = details.logits;
  const half = ids.length / 2;
  const effects = (from: number, to: number): [number, number][] =>
    Array.from(ids.subarray(from, to), (id, i) => [words.number(reader.tokenText(id, source.model), false), short(values[from + i]!)]);
  const current = currentOf(labels);
  return {
    index: record.index, density: record.density, firings: record.firings, max: short(record.max), mean: short(record.mean),
    histogram: [details.low, details.high, ...details.histogram], intervals: [...details.bins], up: effects(0, half), down: effects(half, 2 * half),
    neighbours: Array.from(details.neighbours.ids, (index, i) => [index, short(details.neighbours.values[i]!)]),
    labels: labels.toReversed().map((label) => labelOf(label, current, scores)),
    comments: comments.map(({ text, author, createdAt }) => ({ text, author, at: createdAt })),
    examples: examples.map((example) => exampleOf(reader, words, source.model, example)),
  };
}

/** The columns of a source's table. */
class Columns {
  readonly index: number[] = [];
  readonly density: number[] = [];
  readonly max: number[] = [];
  readonly mean: number[] = [];
  readonly label: (string | null)[] = [];
  readonly kind: (string | null)[] = [];
  /** Words before the peak of the strongest example, at it, and after it. */
  readonly preview: (readonly [number[], number, number[]] | null)[] = [];

  add({ record, labels }: ExportedFeature, examples: readonly unknown[][]): void {
    const label = currentOf(labels);
    this.index.push(record.index);
    this.density.push(short(record.density));
    this.max.push(short(record.max));
    this.mean.push(short(record.mean));
    this.label.push(label?.text ?? null);
    this.kind.push(label?.kind ?? null);
    const top = examples[0];
    if (top === undefined) this.preview.push(null);
    else {
      const [peak, ids] = [top[3] as number, top[7] as number[]];
      this.preview.push([ids.slice(Math.max(0, peak - 5), peak), ids[peak]!, ids.slice(peak + 1, peak + 6)]);
    }
  }
}

function writeSource(reader: ExportReader, selected: SelectedSource, place: number, words: Words, to: string): { labelled: number; examples: number } {
  const columns = new Columns();
  const written = { labelled: 0, examples: 0 };
  let shard: Record<string, unknown>[] = [];
  let number = 0;
  const flush = (): void => {
    if (shard.length > 0) writeShard(to, `s${place}-${number++}`, shard);
    shard = [];
  };
  for (const feature of reader.features(selected)) {
    const row = featureOf(reader, words, selected, feature);
    columns.add(feature, row['examples'] as unknown[][]);
    if (currentOf(feature.labels) !== null) written.labelled++;
    written.examples += feature.examples.length;
    if (shard.push(row) === perShard) flush();
  }
  flush();
  writeShard(to, `table-${place}`, columns);
  return written;
}

/** Provenance as an object; as text where a file from elsewhere holds something else. */
function provenanceOf(reader: ExportReader, text: string): unknown {
  const redacted = redactProvenance(reader.redaction, text);
  try {
    return JSON.parse(redacted);
  } catch {
    return redacted;
  }
}

function readme(title: string): string {
  return `${title}\n\nOpen index.html in a browser; nothing else is needed, no server and no network. Keep index.html and the folder\n"data" together. Made by Loupe; the data is JSON, compressed with zlib and written in base64 in data/*.js.\n`;
}

export const html: ExportFormat = {
  name: 'html',
  examples: 20,
  write({ reader, config }, to) {
    const site = join(entryPath('resources'), 'site');
    mkdirSync(join(to, 'data'), { recursive: true });
    for (const name of readdirSync(site)) copyFileSync(join(site, name), join(to, name));
    const words = new Words();
    const written = reader.sources.map((selected, place) => writeSource(reader, selected, place, words, to));
    const title = basename(config.catalog).replace(/\.loupe$/, '');
    writeShard(to, 'words', { texts: words.texts, special: words.special });
    writeShard(to, 'catalog', {
      title, perShard, redaction: reader.redaction,
      sources: reader.sources.map(({ source, indices }, place) => ({
        place, id: source.id, name: source.name, kind: source.kind, modelName: source.modelName, hookPoint: source.hookPoint, tokens: source.tokens,
        features: indices.length, labelled: written[place]!.labelled, provenance: provenanceOf(reader, source.provenance),
      })),
    });
    writeFileAtomic(join(to, 'README.txt'), readme(title));
    return { examples: written.reduce((sum, { examples }) => sum + examples, 0) };
  },
};
