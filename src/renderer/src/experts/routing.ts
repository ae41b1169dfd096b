/** What a routed text says of one layer: rows that a page can show. Pure. */
import type { Routed } from '../../../shared/schema/experts.ts';

export interface TokenUse {
  readonly expert: number;
  readonly weight: number;
}

/** The experts of a token in a layer, the strongest first. */
export function usesAt({ indices, weights }: Pick<Routed, 'indices' | 'weights'>, layer: number, token: number): TokenUse[] {
  const [, tokens, top] = indices.shape as [number, number, number];
  const first = (layer * tokens + token) * top;
  const found: TokenUse[] = [];
  for (let slot = first; slot < first + top; slot++) if (weights.data[slot]! > 0) found.push({ expert: indices.data[slot]!, weight: weights.data[slot]! });
  return found;
}

/** How much each token uses an expert in a layer, float32 [tokens]; 0 where it is not among the strongest that were fetched. */
export function weightsOf(routed: Pick<Routed, 'indices' | 'weights'>, layer: number, expert: number): Float32Array {
  const tokens = routed.indices.shape[1]!;
  return Float32Array.from({ length: tokens }, (_, token) => usesAt(routed, layer, token).find((use) => use.expert === expert)?.weight ?? 0);
}

/** The weight that the strongest expert of each token has, float32 [tokens]. */
export function strongestWeights(routed: Pick<Routed, 'indices' | 'weights'>, layer: number): Float32Array {
  const tokens = routed.indices.shape[1]!;
  return Float32Array.from({ length: tokens }, (_, token) => usesAt(routed, layer, token)[0]?.weight ?? 0);
}

/** Experts that a text uses in a layer with how many of its tokens and how much of all weight, the most used first. */
export function textLoad(routed: Pick<Routed, 'indices' | 'weights'>, layer: number): { readonly expert: number; readonly tokens: number; readonly share: number }[] {
  const found = new Map<number, { tokens: number; weight: number }>();
  let all = 0;
  for (let token = 0; token < routed.indices.shape[1]!; token++) {
    for (const { expert, weight } of usesAt(routed, layer, token)) {
      const known = found.get(expert) ?? { tokens: 0, weight: 0 };
      found.set(expert, { tokens: known.tokens + 1, weight: known.weight + weight });
      all += weight;
    }
  }
  return [...found].map(([expert, { tokens, weight }]) => ({ expert, tokens, share: all === 0 ? 0 : weight / all })).sort((a, b) => b.share - a.share || a.expert - b.expert);
}

/** The weights of some experts on every token, a row an expert, float32 [experts * tokens]. */
export function routeRows(routed: Pick<Routed, 'indices' | 'weights'>, layer: number, experts: readonly number[]): Float32Array {
  const tokens = routed.indices.shape[1]!;
  const rows = new Map(experts.map((expert, row): [number, number] => [expert, row]));
  const weights = new Float32Array(experts.length * tokens);
  for (let token = 0; token < tokens; token++) {
    for (const { expert, weight } of usesAt(routed, layer, token)) {
      const row = rows.get(expert);
      if (row !== undefined) weights[row * tokens + token] = weight;
    }
  }
  return weights;
}

/** Mean loss of the scored tokens, nats: of the model as it is, and without the experts that were asked about; null where nothing was scored. */
export function meanLosses({ loss, lossWithout }: Pick<Routed, 'loss' | 'lossWithout'>): { readonly whole: number; readonly without: number | null } | null {
  const mean = (values: ArrayLike<number>): number | null => {
    const scored = Array.from(values).filter((value) => !Number.isNaN(value));
    return scored.length === 0 ? null : scored.reduce((a, b) => a + b, 0) / scored.length;
  };
  const whole = mean(loss.data);
  return whole === null ? null : { whole, without: mean(lossWithout.data) };
}
