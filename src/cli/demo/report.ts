/** What the demo prints at its end: the dictionary's figures and ten features that a reader can judge. */
import type { CatalogClient } from '../../main/catalog/client.ts';
import { Random } from '../../engine/random.ts';
import type { Example, Feature } from '../../shared/schema/catalog.ts';

/** One feature of the demo's report. */
export interface ShownFeature {
  readonly index: number;
  /** Firings a token. */
  readonly density: number;
  readonly max: number;
  /** The tokens at the peaks of its strongest examples, without repetitions. */
  readonly topTokens: readonly string[];
  /** The strongest example around its peak, which stands between « and ». */
  readonly context: string;
}

/** Features are drawn among those that are neither everywhere nor too rare to be judged. */
const densities = { densityMin: 2e-4, densityMax: 0.02 };
const tokensAround = { before: 12, after: 6 };

function markedContext(example: Example): string {
  const peak = example.peak - example.start;
  const words = example.tokens.map((token, i) => (i === peak ? `«${token}»` : token));
  return words.slice(Math.max(0, peak - tokensAround.before), peak + tokensAround.after + 1).join('').replace(/\s+/g, ' ').trim();
}

function shown(feature: Feature): ShownFeature {
  const top = feature.groups[0]?.examples ?? [];
  const peaks = top.map((example) => example.tokens[example.peak - example.start]?.trim() ?? '').filter((token) => token !== '');
  const { index, density, max } = feature;
  return { index, density, max, topTokens: [...new Set(peaks)].slice(0, 8), context: top[0] === undefined ? '' : markedContext(top[0]) };
}

/** Draws `count` features of a source at random, by `seed`, in index order. */
export async function exampleFeatures(catalog: CatalogClient, source: number, count: number, seed: number): Promise<ShownFeature[]> {
  const page = { source, sort: 'index', descending: false, filter: densities, search: null } as const;
  const { total } = await catalog.features({ ...page, offset: 0, limit: 1 });
  const places = Random.from(seed, 'demo features').shuffle(Array.from({ length: total }, (_, place) => place)).slice(0, count);
  const found: ShownFeature[] = [];
  for (const place of [...places].sort((a, b) => a - b)) {
    const [row] = (await catalog.features({ ...page, offset: place, limit: 1 })).rows;
    if (row !== undefined) found.push(shown(await catalog.feature({ source, index: row.index })));
  }
  return found;
}

/** The features as lines of text for a terminal. */
export function featureLines(features: readonly ShownFeature[]): string {
  return features
    .map(({ index, density, topTokens, context }) =>
      `  ${String(index).padStart(5)}  ${(density * 100).toPrecision(2).padStart(6)} %  ${topTokens.join(', ')}\n                   ${context}`)
    .join('\n');
}
