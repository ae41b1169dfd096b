/** Figures with what is known of their uncertainty: 0.71 (0.66-0.75, n = 200). */
import { count, fixed } from './number.ts';

export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** Two decimals; without an interval only n, without a value a dash. */
export function estimate({ value, low, high, n }: Estimate): string {
  if (value === null) return `– (n = ${count(n)})`;
  const range = low === null || high === null ? '' : `${fixed(low, 2)}–${fixed(high, 2)}, `;
  return `${fixed(value, 2)} (${range}n = ${count(n)})`;
}

const negativesWords: Readonly<Record<string, string>> = { random: 'random text', neighbours: 'text of near features' };

/** What a score was counted over, in words. */
export function scoreMeaning(scorer: string, negatives: string): string {
  const what = scorer === 'fuzzing' ? 'Whether marked tokens are where the label says' : 'Whether the label tells texts with the feature from texts without it';
  return `${what}: balanced accuracy, 0.5 by chance, 1 at best, with its 95 % interval. Texts without it: ${negativesWords[negatives] ?? negatives}. Scores over different texts cannot be compared.`;
}
