/**
 * How long reading a catalog takes, through the client as the studio reads it: opening, a feature with its examples, a page of the table
 * by each sort, a search. Prints one JSON object; times in ms.
 *
 *     node bench/read-catalog.ts FILE.loupe [--reads 500]
 */
import { parseArgs } from 'node:util';
import { Random } from '../src/engine/random.ts';
import { openCatalog, setSlowQueryLog, stopThreads } from '../src/main/catalog/client.ts';

const { values, positionals: [path] } = parseArgs({ allowPositionals: true, options: { reads: { type: 'string', default: '500' } } });
if (path === undefined) throw new Error('name the catalog');
setSlowQueryLog(() => {});
const reads = Number(values.reads);
const random = Random.from(0, 'read-catalog');

async function times(n: number, ask: (i: number) => Promise<unknown>): Promise<{ p50: number; p95: number }> {
  const taken: number[] = [];
  for (let i = 0; i < n; i++) {
    const start = performance.now();
    await ask(i);
    taken.push(performance.now() - start);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number): number => Number(taken[Math.min(n - 1, Math.floor(share * n))]!.toFixed(2));
  return { p50: at(0.5), p95: at(0.95) };
}

const start = performance.now();
const catalog = await openCatalog(path);
const source = (await catalog.info()).sources[0]!;
const page = (sort: 'density' | 'max' | 'mean' | 'label' | 'index', search: string | null = null) =>
  catalog.features({ source: source.id, sort, descending: true, filter: {}, search, offset: random.integer(source.features), limit: 100 });
await page('density');
const openMs = Number((performance.now() - start).toFixed(1));
const words: string[] = [];
for (let i = 0; i < 40; i++) {
  const { groups } = await catalog.feature({ source: source.id, index: random.integer(source.features) });
  const tokens = groups[0]!.examples[0]?.tokens.filter((token) => /^\s?\p{L}{3,}$/u.test(token)) ?? [];
  if (tokens.length > 0) words.push(tokens[random.integer(tokens.length)]!.trim());
}
const word = (): string => words[random.integer(words.length)]!;
const pages: Record<string, { p50: number; p95: number }> = {};
for (const sort of ['density', 'max', 'mean', 'label', 'index'] as const) pages[sort] = await times(50, () => page(sort));
console.log(JSON.stringify({
  catalog: path, features: source.features, open_and_first_page_ms: openMs,
  feature_ms: await times(reads, () => catalog.feature({ source: source.id, index: random.integer(source.features) })),
  page_ms: pages,
  search_contexts_ms: await times(100, () => catalog.search({ source: source.id, text: word(), in: 'contexts', limit: 50 })),
  search_two_words_ms: await times(100, () => catalog.search({ source: source.id, text: `${word()} ${word()}`, in: 'contexts', limit: 50 })),
  search_labels_ms: await times(100, () => catalog.search({ source: source.id, text: word(), in: 'labels', limit: 50 })),
}));
await catalog.close();
await stopThreads();
