/**
 * A site that opens from disk: the pages of resources/site and, beside them, the data as compressed JSON in classic scripts. One script
 * holds the columns of a source's table, one the texts of all tokens, and one each `perShard` features.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { entryPath } from '../../../../engine/entry.ts';
import { writeFileAtomic } from '../../../../engine/files/atomic.ts';
import { currentOf } from '../reader.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import { redactProvenance } from '../redact.ts';
import type { SelectedSource } from '../select.ts';
import type { ExportFormat } from './format.ts';
import { featureOf, short, SiteSource, Words } from './html-feature.ts';
import type { SiteFeature } from './html-feature.ts';

/** Features a script: about 150 kB, read in a few milliseconds. */
const perShard = 128;

/** Base64 in quotes: no text of a catalog stands in a script as it is. */
function writeShard(folder: string, name: string, value: unknown): void {
  const packed = deflateSync(JSON.stringify(value), { level: 6 }).toString('base64');
  writeFileAtomic(join(folder, 'data', `${name}.js`), `loupeShard("${name}","${packed}");\n`);
}

/** The columns of a source's table. */
class Columns {
  readonly index: number[] = [];
  readonly density: number[] = [];
  readonly max: number[] = [];
  readonly mean: number[] = [];
  readonly label: (string | null)[] = [];
  readonly kind: (string | null)[] = [];
  /** Words before the peak of the strongest example, at it, and after it; then 1 where it fires below 0 there. */
  readonly preview: (readonly [number[], number, number[], ...1[]] | null)[] = [];

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
      this.preview.push([ids.slice(Math.max(0, peak - 5), peak), ids[peak]!, ids.slice(peak + 1, peak + 6), ...((top[1] as number) < 0 ? [1 as const] : [])]);
    }
  }
}

function writeSource(reader: ExportReader, selected: SelectedSource, place: number, words: Words, to: string): { labelled: number; examples: number } {
  const columns = new Columns();
  const written = { labelled: 0, examples: 0 };
  const source = new SiteSource(reader, selected, words);
  let shard: SiteFeature[] = [];
  let number = 0;
  const flush = (): void => {
    if (shard.length > 0) writeShard(to, `s${place}-${number++}`, shard);
    shard = [];
  };
  for (const feature of reader.features(selected)) {
    const row = featureOf(source, feature);
    columns.add(feature, row.examples);
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
