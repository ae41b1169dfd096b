/** The one definition of each metric: what it is, over which tokens, in which range, and which way is better. Printed, stored and shown from here. */

export interface MetricDefinition {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** x: an activation, y: its reconstruction, f: its latents; sums and means over the tokens that count. */
  readonly formula: string;
  readonly meaning: string;
  readonly range: string;
  readonly better: 'lower' | 'higher' | null;
  /** Read on a log axis. */
  readonly log: boolean;
}

/** Over which tokens every evaluated figure is taken unless it says otherwise. */
export const tokenSet = 'all tokens but position 0 of a context and special tokens';

const define = (id: string, title: string, unit: string, formula: string, meaning: string, range: string, better: MetricDefinition['better'], log = false): MetricDefinition =>
  ({ id, title, unit, formula, meaning, range, better, log });

/** In reading order. */
export const metricDefinitions: readonly MetricDefinition[] = [
  define('fvu', 'FVU', '', 'sum |x - y|^2 / sum |x - mean(x)|^2', 'Fraction of variance unexplained, about the mean over all rows; while training, of one batch', '0 to 1, more for a useless reconstruction', 'lower', true),
  define('l0', 'L0', 'latents a token', 'mean count of f != 0', 'Latents that fire on a token', '0 to dSae', null),
  define('dead', 'Dead share', '', 'latents that fired on no token / dSae', 'While training: within the dead window; in an evaluation: on none of its tokens', '0 to 1', 'lower'),
  define('cosine', 'Cosine', '', 'mean cos(x, y)', 'Angle between activation and reconstruction, rows of norm 0 left out', '-1 to 1', 'higher'),
  define('l2Ratio', 'Norm ratio', '', 'mean |y| / |x|', 'Below 1: the reconstruction shrinks', '0 and more, 1 is right', null),
  define('loss', 'Loss', '', 'reconstruction / variance + coefficient * auxiliary', 'What the optimiser minimises', '0 and more', 'lower', true),
  define('auxLoss', 'Auxiliary loss', '', '|e - e_dead|^2 / |e - mean(e)|^2', 'How much of the error the dead latents could explain (Gao et al. 2024, 2406.04093); 0 while none is dead', '0 and more', null),
  define('lr', 'Learning rate', '', 'rate * warm-up * decay', 'Step size of the optimiser', '0 and more', null),
  define('tokensPerSecond', 'Speed', 'tokens/s', 'tokens / seconds', 'Tokens trained on, averaged since the last logged row', '0 and more', 'higher'),
];

if (new Set(metricDefinitions.map(({ id }) => id)).size !== metricDefinitions.length) throw new Error('two metrics have one id');

/** The definition of a metric, or undefined for one that nobody defined. */
export function metricById(id: string): MetricDefinition | undefined {
  return metricDefinitions.find((metric) => metric.id === id);
}

/** The definition in a sentence, for a tooltip. */
export function explainMetric({ meaning, formula, range, better }: MetricDefinition): string {
  return `${meaning}: ${formula}. Range: ${range}.${better === null ? '' : ` ${better === 'lower' ? 'Lower' : 'Higher'} is better.`}`;
}
