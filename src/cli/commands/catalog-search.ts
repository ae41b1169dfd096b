/** `loupe catalog search`: words in labels and in the contexts of examples. */
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import type { CatalogClient } from '../../main/catalog/client.ts';
import type { SearchHit } from '../../shared/schema/catalog.ts';
import type { CliCommand, CliResult } from '../command.ts';

type Options = Readonly<Record<string, unknown>>;
type Place = 'labels' | 'contexts';

function configure(command: Command): void {
  command
    .argument('<file>', 'the catalog')
    .argument('<text...>', 'words that must all occur; "a phrase"; the beginning of a word with *')
    .option('--in <where>', 'labels, contexts or both', 'both')
    .option('--source <id>', 'the source, by its id (default: the first)')
    .option('--limit <n>', 'hits of each kind at most', '20');
}

function places(options: Options): Place[] {
  const where = String(options['in']);
  if (where === 'both') return ['labels', 'contexts'];
  if (where === 'labels' || where === 'contexts') return [where];
  throw new LoupeError('bad-request', `--in must be labels, contexts or both, not "${where}"`);
}

function wholeNumber(name: string, value: unknown, most: number): number {
  const n = Number(value);
  if (!/^\d+$/.test(String(value)) || n < 1 || n > most) throw new LoupeError('bad-request', `--${name} must be a whole number from 1 to ${most}, not "${String(value)}"`);
  return n;
}

async function sourceOf(catalog: CatalogClient, given: unknown): Promise<number> {
  if (given !== undefined) return wholeNumber('source', given, Number.MAX_SAFE_INTEGER);
  const first = (await catalog.info()).sources[0];
  if (first === undefined) throw new LoupeError('not-found', `${catalog.path} holds no source yet: run its build again.`);
  return first.id;
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

async function run(args: readonly string[], options: Options): Promise<CliResult> {
  const [path, ...words] = args;
  const text = words.join(' ').trim();
  if (path === undefined || text === '') throw new LoupeError('bad-request', 'name the catalog and what to look for: loupe catalog search FILE TEXT');
  if (text.length > 1000) throw new LoupeError('bad-request', `TEXT has ${text.length} characters; at most 1000 are looked for`);
  const limit = wholeNumber('limit', options['limit'], 500);
  const wanted = places(options);
  const catalog = await openCatalog(path);
  try {
    const source = await sourceOf(catalog, options['source']);
    const found: Partial<Record<Place, SearchHit[]>> = {};
    for (const place of wanted) found[place] = (await catalog.search({ source, text, in: place, limit })).hits;
    const lines = wanted.flatMap((place) => [`${found[place]!.length} in ${place}`, ...found[place]!.map(hitLine)]);
    return { json: { source, text, ...found }, text: lines.join('\n') };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog search', summary: 'Find words in labels and examples', configure, run };
