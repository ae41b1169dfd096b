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
  define('ev', 'Explained variance', '', '1 - FVU', 'Fraction of variance explained, about the mean over all rows', '1 and less, negative for a useless reconstruction', 'higher'),
  define('biasShare', 'Share of a constant error', '', 'rows |mean(x - y)|^2 / sum |x - mean(x)|^2', 'The part of the FVU that a constant offset would mend; FVU minus this is what dictionary_learning reports', '0 to the FVU', 'lower'),
  define('mse', 'Squared error', 'squared units a token', 'mean |x - y|^2, summed over dimensions', 'Error in raw activation units', '0 and more', 'lower', true),
  define('l0', 'L0', 'latents a token', 'mean count of f != 0', 'Latents that fire on a token', '0 to dSae', null),
  define('l0Median', 'Median L0', 'latents a token', 'median count of f != 0', 'Latents that fire on the middle token', '0 to dSae', null),
  define('l0P95', '95th percentile of L0', 'latents a token', 'least n with at least 95 % of tokens at count of f != 0 <= n', 'Latents that fire on all but the fullest twentieth of tokens', '0 to dSae', null),
  define('l1', 'L1', 'units a token', 'mean sum |f|', 'Sum of the latents, decoder norms not counted', '0 and more', null),
  define('l1Weighted', 'Norm-weighted L1', 'units a token', 'mean sum |f_j| |d_j|', 'Sum of the latents, each times the norm of its decoder row', '0 and more', null),
  define('dense', 'Dense share', '', 'latents with firings / tokens > 0.1, / dSae', 'Latents that fire on more than a tenth of the tokens [our choice of the limit]', '0 to 1', 'lower'),
  define('rare', 'Rare share', '', 'latents with 0 < firings / tokens < 1e-5, / dSae', 'Latents that fire, on fewer than one token in 100,000 [our choice of the limit]', '0 to 1', null),
  define('negative', 'Negative firings', '', 'firings with f < 0 / firings', 'Share of firings with a negative sign; 0 for codes that have none', '0 to 1', null),
  define('dead', 'Dead share', '', 'latents that fired on no token / dSae', 'While training: within the dead window; in an evaluation: on none of its tokens', '0 to 1', 'lower'),
  define('cosine', 'Cosine', '', 'mean cos(x, y)', 'Angle between activation and reconstruction, rows of norm 0 left out', '-1 to 1', 'higher'),
  define('l2Ratio', 'Norm ratio', '', 'mean |y| / |x|', 'Below 1: the reconstruction shrinks', '0 and more, 1 is right', null),
  define('gamma', 'Relative reconstruction bias', '', 'mean |y|^2 / mean x.y', 'Below 1: shrinkage (Rajamanoharan et al. 2024, 2404.16014, eq. 10)', '0 and more, 1 is unbiased', null),
  define('ce', 'Cross-entropy', 'nats a token', 'H_orig: mean -log p(next token)', 'Next-token loss of the untouched model', '0 and more', 'lower'),
  define('ceSpliced', 'Spliced cross-entropy', 'nats a token', 'H_sae: mean -log p(next token) with y in the place of x', 'Next-token loss of the model that runs on the reconstruction', '0 and more', 'lower'),
  define('ceZero', 'Zero-ablated cross-entropy', 'nats a token', 'H_0: mean -log p(next token) with 0 in the place of x', 'Next-token loss without the activation', '0 and more', null),
  define('ceMean', 'Mean-ablated cross-entropy', 'nats a token', 'H_m: mean -log p(next token) with mean(x) in the place of x', 'Next-token loss with the mean activation', '0 and more', null),
  define('deltaCe', 'Delta CE', 'nats a token', 'H_sae - H_orig', 'Loss that the reconstruction adds; comparable across papers', 'about 0 and more', 'lower', true),
  define('lossRecovered', 'Loss recovered', '', '(H_0 - H_sae) / (H_0 - H_orig)', 'Share of the loss of a zero ablation that the reconstruction wins back', '1 and less', 'higher'),
  define('lossRecoveredMean', 'Loss recovered, mean ablation', '', '(H_m - H_sae) / (H_m - H_orig)', 'Share of the loss of a mean ablation that the reconstruction wins back; lower than with zeros', '1 and less', 'higher'),
  define('kl', 'KL', 'nats a token', 'mean KL(p_orig || p_sae)', 'How far the predictions move when the reconstruction is spliced in', '0 and more', 'lower', true),
  define('klScore', 'KL score', '', '1 - KL_sae / KL_0', 'KL against that of a zero ablation', '1 and less', 'higher'),
  define('klScoreMean', 'KL score, mean ablation', '', '1 - KL_sae / KL_m', 'KL against that of a mean ablation', '1 and less', 'higher'),
  define('mmcs', 'MMCS', '', 'mean over rows a of max_b cos(a, b)', 'Mean max cosine similarity of the rows of one decoder to those of another; not symmetric', '-1 to 1', 'higher'),
  define('mcsRatio', 'MCS ratio', '', 'share of rows a with max_b cos(a, b) > 0.9', 'Latents that the other dictionary has too', '0 to 1', 'higher'),
  define('mcc', 'Matched cosine', '', 'mean |cos| over the best one-to-one assignment', 'Similarity where each row is matched once (Hungarian assignment)', '0 to 1', 'higher'),
  define('frr', 'Feature recovery', '', 'share of true rows v with max_j cos(v, d_j) > tau', 'True features found', '0 to 1', 'higher'),
  define('coherence', 'Coherence', '', 'max over i != j of |cos(d_i, d_j)|', 'The closest pair of decoder rows', '0 to 1', 'lower'),
  define('encoderDecoderCosine', 'Encoder-decoder cosine', '', 'mean cos(encoder row, decoder row)', 'How far a latent reads where it writes', '-1 to 1', null),
  define('loss', 'Loss', '', 'reconstruction / variance + coefficient * auxiliary', 'What the optimiser minimises', '0 and more', 'lower', true),
  define('auxLoss', 'Auxiliary loss', '', '|e - e_dead|^2 / |e - mean(e)|^2', 'How much of the error the dead latents could explain (Gao et al. 2024, 2406.04093); 0 while none is dead', '0 and more', null),
  define('deadNever', 'Never fired', '', 'dead latents that have not fired since the run began / dSae', 'Superfluous width, or an auxiliary loss that is too weak', '0 to 1', 'lower'),
  define('deadStopped', 'Stopped firing', '', 'dead latents that fired before / dSae', 'Latents that training has lost', '0 to 1', 'lower'),
  define('gradientNorm', 'Gradient norm', '', 'norm of the whole gradient before clipping', 'Jumps say that a batch is unlike the others', '0 and more', null, true),
  define('decoderDrift', 'Decoder drift', '', 'max | |d_j| - 1 |', 'Decoder rows that should have norm 1 and have not', '0 and more', 'lower'),
  define('thresholdMoved', 'Threshold movement', '', 'mean |change of a threshold| / mean |threshold|', 'Since the last logged step; 0: no gradient reaches the thresholds', '0 and more', null, true),
  define('threshold', 'Threshold', 'scaled units', 'mean threshold', 'Activation above which a latent fires, in the units that the dictionary is trained in', '0 and more', null),
  define('dying', 'Dying share', '', 'latents with density < c expected, / dSae; expected: k times the share of their rank on a Zipf curve', 'Latents that fire much less than their rank leads to expect, dead ones included (Ayonrinde 2024, 2411.02124; curve and c are our choice)', '0 to 1', 'lower'),
  define('twoSided', 'Two-sided share', '', 'latents with f > 0 and f < 0 / latents with f != 0', 'Of the latents that fired in a batch: those that fired with both signs', '0 to 1', null),
  define('thresholdMin', 'Least threshold', 'scaled units', 'min threshold', 'Of the thresholds that are learned, the lowest', '0 and more', null),
  define('thresholdMax', 'Largest threshold', 'scaled units', 'max threshold', 'Of the thresholds that are learned, the highest', '0 and more', null),
  define('windowShare', 'Share in the window', '', 'pre-activations with |u - threshold| < bandwidth / 2, / all', 'Those that give thresholds their gradient (Rajamanoharan et al. 2024, 2407.14435); near 0: thresholds cannot learn', '0 to 1', null, true),
  define('penaltyPower', 'Power of the penalty', '', 'p of sum f^p', 'Falls from 1 during training (Karvonen et al. 2024, 2408.00113)', '0 to 1', null),
  define('encoderRecall', 'Recall of the encoder', '', 'latents kept that float32 keeps too / latents that float32 keeps', 'What a low-precision encoder product finds; measured every 100 steps on 256 tokens', '0 to 1', 'higher'),
  define('atoms', 'Atoms', 'atoms', 'rows of the dictionary so far', 'Tokens that ITDA has made part of the dictionary', '1 to dSae', null),
  define('atomsAdded', 'Atoms added', 'atoms a batch', 'rows of the batch with error above tau', 'Tokens of the last batch that the dictionary could not explain and now holds', '0 to the batch', null),
  define('atomsRefused', 'Atoms refused', 'atoms a batch', 'rows with error above tau while the dictionary was full', 'Tokens that should have become atoms and found no room: raise dSae or tau', '0 to the batch', 'lower'),
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
