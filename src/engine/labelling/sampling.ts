/** Which examples explain a feature and which test its label: disjoint, spread over the quantiles of activation (labelling F.2). */
import type { Random } from '../random.ts';
import { largest, withoutDuplicates } from './windows.ts';
import type { Window } from './windows.ts';

export interface QuantileSample {
  /** Places in the given order, quantile by quantile, the strongest first. */
  readonly chosen: readonly number[];
  /** Quantiles that had fewer than were asked for, with what they had. Nothing is padded. */
  readonly short: readonly { readonly quantile: number; readonly has: number }[];
}

/** `each` places at random out of each of `quantiles` equal-count quantiles of `values`. */
export function quantileSample(values: readonly number[], quantiles: number, each: number, random: Random): QuantileSample {
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
  const chosen: number[] = [];
  const short: { quantile: number; has: number }[] = [];
  for (let quantile = 0; quantile < quantiles; quantile++) {
    const part = order.slice(Math.floor((quantile * order.length) / quantiles), Math.floor(((quantile + 1) * order.length) / quantiles));
    if (part.length < each) short.push({ quantile, has: part.length });
    chosen.push(...random.shuffle(part).slice(0, each));
  }
  return { chosen, short };
}

export interface SplitExamples {
  readonly explain: readonly Window[];
  readonly test: readonly Window[];
}

/** With fewer windows than this a feature is too rare to be explained and tested. */
export const leastWindows = 8;

/**
 * Splits the windows of a feature: two of each of up to ten quantiles explain, the rest tests, less what shares eight tokens in a row with the
 * explaining ones. (The published 40 and 100 need more examples than a catalog keeps: 45 a feature.) Null where there are too few.
 */
export function splitExamples(windows: readonly Window[], random: Random): SplitExamples | null {
  // One window a context: two of one text would stand on both sides.
  const strongest = new Map<number, Window>();
  for (const window of windows) {
    const other = strongest.get(window.context);
    if (other === undefined || largest(window.activations) > largest(other.activations)) strongest.set(window.context, window);
  }
  const own = [...strongest.values()];
  if (own.length < leastWindows) return null;
  const { chosen } = quantileSample(own.map(({ activations }) => largest(activations)), Math.min(10, Math.floor(own.length / 4)), 2, random);
  const taken = new Set(chosen);
  const explain = chosen.map((i) => own[i]!);
  const test = withoutDuplicates(own.filter((_, i) => !taken.has(i)), explain);
  return test.length === 0 ? null : { explain, test };
}
