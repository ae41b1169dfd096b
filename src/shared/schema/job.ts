/** Long work: what is asked for, what is reported, and in which state it is. */
import { z } from 'zod';
import { errorKinds } from '../errors.ts';
import { tensorSchema } from './tensor.ts';

export const jobKinds = ['harvest', 'train', 'sweep', 'lm-train', 'lm-sparsity', 'lm-experts', 'lm-purge', 'catalog-build', 'embed', 'map', 'demo', 'export', 'import', 'label', 'compare'] as const;
export const jobStates = ['queued', 'running', 'pausing', 'paused', 'cancelled', 'failed', 'done', 'interrupted'] as const;

export const errorBodySchema = z.strictObject({ kind: z.enum(errorKinds), message: z.string(), detail: z.string().optional() });

/** At most ten a second reach a subscriber. */
export const progressSchema = z.strictObject({
  phase: z.string().describe('What is being done, in words: "harvest", "train", "statistics"'),
  step: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  tokensPerSecond: z.number().nonnegative().nullable(),
  etaSeconds: z.number().nonnegative().nullable(),
  metrics: z.record(z.string(), z.number().nullable()),
  message: z.string().nullable().describe('The last log line'),
});

export const jobSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(jobKinds),
  title: z.string(),
  state: z.enum(jobStates),
  config: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  progress: progressSchema.nullable(),
  error: errorBodySchema.nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
});

/** The history of a run: one row a logged step, one column a metric; float64 [rows, names]. NaN where a step lacks a metric. */
export const metricHistorySchema = z.strictObject({ names: z.array(z.string()), values: tensorSchema });

/** A form that the studio builds from a config schema: JSON Schema with `description`, `default`, `unit` and ranges. */
export const jobFormSchema = z.strictObject({
  kind: z.enum(jobKinds),
  variant: z.string().nullable(),
  /** The field of the config that names the variant; "variant" where it is left out. */
  variantField: z.string().optional(),
  title: z.string(),
  summary: z.string(),
  paper: z.string().nullable(),
  schema: z.record(z.string(), z.unknown()),
});

export type JobKind = (typeof jobKinds)[number];
export type JobState = (typeof jobStates)[number];
export type Job = z.infer<typeof jobSchema>;
export type Progress = z.infer<typeof progressSchema>;
export type JobForm = z.infer<typeof jobFormSchema>;
export type MetricHistory = z.infer<typeof metricHistorySchema>;
