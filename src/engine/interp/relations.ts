/** What each feature goes with: other features by correlation and by common tokens, and dimensions of the hook's activation. */
import type { ChunkExtras } from './build-files.ts';
import { mostCorrelated, mostTogether, place } from './cofiring.ts';
import type { Cofiring, CofiringSums } from './cofiring.ts';
import type { Firings } from './codes.ts';
import type { Moments } from './moments.ts';
import { pearson, variablesOf } from './pearson.ts';
import type { Variables } from './pearson.ts';
import { Strongest } from './strongest.ts';

/** Ids are -1 past the end of a list. */
export type RelationLists = Pick<ChunkExtras, 'neuronIds' | 'neuronValues' | 'correlatedIds' | 'correlatedValues' | 'cooccurringIds' | 'cooccurringCounts'>;

export class Relations {
  readonly #cofiring: Cofiring;
  /** Feature times dimension, float32 [dSae, d] */
  readonly #products: Float32Array;
  readonly #features: Variables;
  readonly #dimensions: Variables;
  /** Firings of each feature, float64 [dSae] */
  readonly #firings: Float64Array;
  /** Tokens counted. */
  readonly #tokens: number;
  /** Length of each list. */
  readonly #k: number;

  constructor(cofiring: Cofiring, moments: Moments, firings: Float64Array, tokens: number, k: number) {
    this.#cofiring = cofiring;
    this.#products = moments.products;
    this.#features = variablesOf(tokens, moments.sums, moments.squares);
    this.#dimensions = variablesOf(tokens, moments.xSums, moments.xSquares);
    this.#firings = firings;
    this.#tokens = tokens;
    this.#k = k;
  }

  /** Empty lists for `n` features. */
  lists(n: number): RelationLists {
    const ids = (): Int32Array => new Int32Array(n * this.#k).fill(-1);
    const values = (): Float32Array => new Float32Array(n * this.#k);
    return { neuronIds: ids(), neuronValues: values(), correlatedIds: ids(), correlatedValues: values(), cooccurringIds: ids(), cooccurringCounts: new Int32Array(n * this.#k) };
  }

  /** Fills the lists of the features of `firings`; list 0 is that of feature `first`. */
  fill(firings: Firings, first: number, lists: RelationLists): void {
    if (this.#k === 0) return;
    this.#cofiring.eachFeature(firings, (feature, sums) => this.#feature(feature, sums, feature - first, lists));
  }

  #feature(feature: number, sums: CofiringSums, i: number, lists: RelationLists): void {
    place(mostCorrelated(feature, sums, this.#tokens, this.#features, this.#k), i, lists.correlatedIds, lists.correlatedValues);
    const together = mostTogether(feature, sums, this.#firings, this.#k);
    place(together, i, lists.cooccurringIds, null);
    for (let at = 0; at < together.size; at++) lists.cooccurringCounts[i * this.#k + at] = sums.counts[together.ids[at]!]!;
    place(this.#neurons(feature), i, lists.neuronIds, lists.neuronValues);
  }

  /** The dimensions with the highest correlation above 0. */
  #neurons(feature: number): Strongest {
    const best = new Strongest(this.#k);
    if (this.#firings[feature] === 0) return best;
    const d = this.#dimensions.sums.length;
    for (let j = 0; j < d; j++) {
      const r = pearson(this.#tokens, this.#products[feature * d + j]!, this.#features, feature, this.#dimensions, j);
      if (r > best.bound && r > 0) best.offer(j, r);
    }
    return best;
  }
}
