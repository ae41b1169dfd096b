/** `loupe catalog search`: words in labels and in the contexts of examples; with --semantic, features by meaning. */
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import type { CatalogClient } from '../../main/catalog/client.ts';
import { requireEncoder } from '../../main/explore/encoder.ts';
import { mergeHits } from '../../main/explore/search.ts';
import type { ExploreHit } from '../../shared/schema/explore.ts';
import type { SearchHit } from '../../shared/schema/catalog.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { sourceOf, wholeNumber } from '../catalog-options.ts';

type Options = Readonly<Record<string, unknown>>;
type Place = 'labels' | 'contexts';

function configure(command: Command): void {
  command
    .argument('<file>', 'the catalog')
    .argument('<text...>', 'words that must all occur; "a phrase"; the beginning of a word with *')
    .option('--in <where>', 'labels, contexts or both', 'both')
    .option('--semantic', 'features by meaning: labels that hold the words first, then what means much the same (after `catalog embed`)')
    .option('--encoder <dir>', 'folder of the sentence encoder (default: that of the workspace, or the installed one)')
    .option('--source <id>', 'the source, by its id (default: the first)')
    .option('--limit <n>', 'hits of each kind at most', '20');
}

function places(options: Options): Place[] {
  const where = String(options['in']);
  if (where === 'both') return ['labels', 'contexts'];
  if (where === 'labels' || where === 'contexts') return [where];
  throw new LoupeError('bad-request', `--in must be labels, contexts or both, not "${where}"`);
}

/** The matched stretches between brackets. */
function marked(hit: SearchHit): string {
  let out = '';
  let at = 0;
  for (const [start, end] of hit.marks) {
    out += `${hit.snippet.slice(at, start)}[${hit.snippet.slice(start, end)}]`;
    at = end;
  }
  return (out + hit.snippet.slice(at)).replace(/\s+/g, ' ').trim();
}

function hitLine(hit: SearchHit): string {
  const label = hit.context === null || hit.label === null ? '' : `  (${hit.label})`;
  return `  ${String(hit.index).padStart(6)}  ${marked(hit)}${label}`;
}

/** Features by meaning. Kinds: missing-component without an encoder, not-found for a catalog that this encoder has not embedded. */
async function byMeaning(catalog: CatalogClient, source: number, text: string, limit: number, folder: string): Promise<CliResult> {
  const { encodeTexts } = await import('../../engine/lm/encoders/serve.ts');
  const { hash, name, vectors } = await encodeTexts(folder, [text]);
  const start = performance.now();
  const near = await catalog.ask('explore.nearestMeanings', { source, encoder: hash, query: vectors.data as Float32Array, limit });
  const milliseconds = performance.now() - start;
  const words = await catalog.search({ source, text, in: 'labels', limit });
  const hits = mergeHits(words.hits, near, limit);
  return { json: { source, text, encoder: name, hits, milliseconds: Number(milliseconds.toFixed(1)) }, text: [`${hits.length} features`, ...hits.map(meaningLine)].join('\n') };
}

function meaningLine(hit: ExploreHit): string {
  const nearness = hit.cosine === null ? '     ' : hit.cosine.toFixed(2).padStart(5);
  return `  ${String(hit.index).padStart(6)}  ${nearness}  ${hit.match.padEnd(7)}  ${hit.label ?? `(${hit.text.slice(0, 100)})`}`;
}

async function run(args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const [path, ...words] = args;
  const text = words.join(' ').trim();
  if (path === undefined || text === '') throw new LoupeError('bad-request', 'name the catalog and what to look for: loupe catalog search FILE TEXT');
  if (text.length > 1000) throw new LoupeError('bad-request', `TEXT has ${text.length} characters; at most 1000 are looked for`);
  const limit = wholeNumber('limit', options['limit'], 500);
  const wanted = places(options);
  const catalog = await openCatalog(path);
  try {
    const source = await sourceOf(catalog, options['source']);
    if (options['semantic'] === true) return await byMeaning(catalog, source, text, limit, requireEncoder(context.workspace, String(options['encoder'] ?? '')));
    const found: Partial<Record<Place, SearchHit[]>> = {};
    for (const place of wanted) found[place] = (await catalog.search({ source, text, in: place, limit })).hits;
    const lines = wanted.flatMap((place) => [`${found[place]!.length} in ${place}`, ...found[place]!.map(hitLine)]);
    return { json: { source, text, ...found }, text: lines.join('\n') };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog search', summary: 'Find words in labels and examples, or features by meaning', configure, run };
