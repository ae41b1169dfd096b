/** `eval.json` of a dictionary: every figure with what it was taken over and how. */
import { z } from 'zod';

/** One number. Self-contained: it can be quoted without the file around it. */
export const metricRecordSchema = z.object({
  /** Of shared/metrics.ts, or "compat.<package>.<the package's own name>". */
  id: z.string(),
  /** null: not a number (0/0, or no row). */
  value: z.number().nullable(),
  /** Its formula. */
  definition: z.string(),
  /** How many tokens, and which of them. */
  tokens: z.object({ count: z.number(), set: z.enum(['counted', 'all', 'excluded', 'typical']) }),
  /** Which tokens count, in words. */
  mask: z.string(),
  /** Units of the activations, and what the variance is taken about. */
  normalisation: z.string(),
  dtype: z.string(),
  /** How latents were chosen: topk, threshold, relu... */
  inference: z.string(),
  /** Rows in a batch, for figures that depend on it. */
  batchRows: z.number().nullable(),
  /** What stands in the place of the activation in the denominator: zero or mean. */
  ablation: z.enum(['zero', 'mean']).nullable(),
  model: z.string().nullable(),
  hookPoint: z.string(),
  /** The store or corpus, and which part of it. */
  data: z.string(),
  codeVersion: z.string(),
  /** sha256 over the dictionary's training config, hex; empty where another program trained it. */
  configHash: z.string(),
  /** What to know before comparing it with another; empty when there is nothing. */
  note: z.string(),
});

export type MetricRecord = z.infer<typeof metricRecordSchema>;

export const evaluationFileSchema = z.object({
  format: z.literal('loupe-evaluation'),
  version: z.literal(1),
  records: z.array(metricRecordSchema),
});

export type EvaluationFile = z.infer<typeof evaluationFileSchema>;
