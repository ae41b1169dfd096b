/** Which features matter on a prompt: out of the strongest latents of each token. Pure. */
import type { Encoded, EncodedDictionary } from '../../../../shared/schema/live.ts';
import type { Ranking } from './address.ts';

export interface RankedFeature {
  readonly index: number;
  /** What it is ranked by. */
  readonly score: number;
  /** Largest activation by magnitude, with its sign, and the token where it is. */
  readonly max: number;
  readonly peak: number;
  /** Activation on each token, 0 where it is not among the strongest or the token does not count. */
  readonly values: Float32Array;
}

/** What each ranking means, for its tooltip. */
export const rankingMeanings: Readonly<Record<Ranking, { readonly title: string; readonly meaning: string }>> = {
  max: { title: 'Maximum', meaning: 'The largest activation over the prompt' },
  token: { title: 'At the token', meaning: 'The activation at the chosen token' },
  sum: { title: 'Sum', meaning: 'The sum of activations over the prompt' },
  density: { title: 'Rare first', meaning: 'The largest activation times log(1 / density): features that fire rarely in the catalog count for more' },
};

/**
 * Activations of every feature that is among the strongest of some token that counts: index -> [tokens]. Tokens that do not count
 * (the first, special ones) have activations of another size, and are left out as in catalogs.
 */
export function featureRows({ indices, values }: EncodedDictionary, counted: ArrayLike<number>): ReadonlyMap<number, Float32Array> {
  const [tokens, top] = indices.shape as [number, number];
  const rows = new Map<number, Float32Array>();
  for (let slot = 0; slot < tokens * top; slot++) {
    const [token, value] = [Math.floor(slot / top), values.data[slot]!];
    if (value === 0 || counted[token] !== 1) continue;
    const index = indices.data[slot]!;
    const row = rows.get(index) ?? new Float32Array(tokens);
    row[token] = value;
    rows.set(index, row);
  }
  return rows;
}

function peakOf(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[best]!)) best = i;
  return best;
}

/** A feature that never fires in the catalog is as rare as one firing in 10 million. */
const rarest = 1e-7;

function scoreOf(values: Float32Array, peak: number, ranking: Ranking, token: number | null, density: number | undefined): number {
  const max = Math.abs(values[peak]!);
  if (ranking === 'token') return Math.abs(values[token ?? peak] ?? 0);
  if (ranking === 'sum') return values.reduce((sum, value) => sum + Math.abs(value), 0);
  if (ranking === 'density') return density === undefined ? max : max * Math.log(1 / Math.max(density, rarest));
  return max;
}

/** The features of one dictionary, the first of the ranking first; those without a score are left out. Equal ones by number. */
export function rankFeatures(
  rows: ReadonlyMap<number, Float32Array>, ranking: Ranking, token: number | null, densities: ReadonlyMap<number, number>,
): RankedFeature[] {
  const ranked = [...rows].map(([index, values]): RankedFeature => {
    const peak = peakOf(values);
    return { index, values, peak, max: values[peak]!, score: scoreOf(values, peak, ranking, token, densities.get(index)) };
  });
  return ranked.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.index - b.index);
}

/** What is exported: tokens, and the features of each dictionary with their activations. */
export function exportOf(encoded: Encoded, text: string, dictionaries: readonly { readonly ranked: readonly RankedFeature[]; readonly labels: ReadonlyMap<number, string | null> }[]): Record<string, unknown> {
  return {
    format: 'loupe-prompt', version: 1, text, model: encoded.model, how: encoded.tokens.how,
    tokens: encoded.tokens.texts.map((token, i) => ({ token, id: encoded.tokens.ids.data[i], counted: encoded.counted.data[i] === 1, probability: Number.isNaN(encoded.probability.data[i]) ? null : encoded.probability.data[i] })),
    dictionaries: encoded.dictionaries.map(({ path, hash, variant, hooks, features }, d) => ({
      path, hash, variant, hooks, features,
      ranked: dictionaries[d]?.ranked.map(({ index, score, max, peak, values }) => ({ index, label: dictionaries[d]!.labels.get(index) ?? null, score, max, peak, activations: [...values] })) ?? [],
    })),
  };
}
