/** A catalog as the studio and the command line see it. */
import { z } from 'zod';
import { labelKinds } from './label-kinds.ts';
import { tensorSchema } from './tensor.ts';

export { labelKinds } from './label-kinds.ts';

export const labelSchema = z.strictObject({
  id: z.number().int(),
  text: z.string(),
  author: z.string(),
  kind: z.enum(labelKinds),
  /** 1 (a guess) to 5 (certain). */
  confidence: z.number().int().min(1).max(5).nullable(),
  notes: z.string(),
  /** The role that the feature plays, a short free text; empty for none. */
  family: z.string(),
  /** Settles a disagreement: written with the labels of the others in view. */
  resolution: z.boolean(),
  createdAt: z.string(),
  /** The newest that was not undone. */
  current: z.boolean(),
  /** Taken back; it can be put back. */
  undone: z.boolean(),
});

/** One feature space inside a catalog: a dictionary's latents at one hook, a layer's neurons... */
export const sourceSchema = z.strictObject({
  id: z.number().int(),
  kind: z.string(),
  name: z.string(),
  modelName: z.string(),
  modelHash: z.string(),
  hookPoint: z.string(),
  layer: z.number().int().nullable(),
  dictionaryHash: z.string().nullable(),
  features: z.number().int(),
  /** Tokens over which the statistics were taken, after masking. */
  tokens: z.number().int(),
  dead: z.number().int(),
  labelled: z.number().int(),
  complete: z.boolean(),
  /** JSON text of the whole chain: model, corpus, store, dictionary, build. */
  provenance: z.string(),
});

export const catalogInfoSchema = z.strictObject({
  catalog: z.string().describe('Handle for later calls'),
  path: z.string(),
  bytes: z.number(),
  schemaVersion: z.number().int(),
  /** Opened read-only: a file from someone else, or a place that cannot be written. */
  readOnly: z.boolean(),
  complete: z.boolean(),
  sources: z.array(sourceSchema),
});

export const featureRowSchema = z.strictObject({
  index: z.number().int(),
  /** Firings per token. */
  density: z.number(),
  max: z.number(),
  /** Mean and smallest activation where it fires. */
  mean: z.number(),
  min: z.number(),
  dead: z.boolean(),
  /** What its strongest tokens have in common ("digits"), where a rule found it. */
  tokenClass: z.string().nullable(),
  label: z.string().nullable(),
  labelKind: z.enum(labelKinds).nullable(),
  confidence: z.number().int().nullable(),
  family: z.string().nullable(),
  /** The newest score of the current label. */
  score: z.number().nullable(),
  /** Whether the current label has notes. */
  notes: z.boolean(),
  /** The texts of the top example around its peak, for the table. */
  preview: z.strictObject({ before: z.string(), peak: z.string(), after: z.string() }).nullable(),
});

export const logitEffectSchema = z.strictObject({ token: z.string(), tokenId: z.number().int(), value: z.number() });

export const exampleSchema = z.strictObject({
  context: z.number().int(),
  document: z.number().int(),
  /** Position in the context of the first token shown, and of the peak. */
  start: z.number().int(),
  peak: z.number().int(),
  /** One display text a token. */
  tokens: z.array(z.string()),
  tokenIds: tensorSchema,
  /** float32 [tokens]; the peak is exact, the others are steps of `step`. */
  activations: tensorSchema,
  /** The rounding step of the 8-bit activations: window maximum / 255, or / 127 for a feature that fires with both signs. */
  step: z.number(),
  /** The bos, eos and other special tokens among `tokens`, by place. */
  special: z.array(z.number().int()),
});

export const exampleGroupSchema = z.strictObject({
  name: z.string(),
  /** The activation range of a quantile bin. */
  low: z.number(),
  high: z.number(),
  /** Share of the feature's firings in this range; null for the top group. */
  share: z.number().nullable(),
  examples: z.array(exampleSchema),
});

/** What a token is, by its text alone (src/engine/interp/token-class.ts). */
export const tokenClasses = ['digit', 'capitalised', 'punctuation', 'whitespace', 'suffix', 'word', 'special', 'other'] as const;

/** Counts in bins of equal width from `low` to `high`. */
const histogramSchema = z.strictObject({ low: z.number(), high: z.number(), counts: tensorSchema });

/** What a catalog says beyond the figures: weights, correlations, co-occurrence. */
export const featureExtrasSchema = z.strictObject({
  /** Logit effects over the whole vocabulary, float64 [50]; null where the direction does not reach the logits. */
  logits: histogramSchema.nullable(),
  /** Entries of the decoder row, float64 [50]; its Euclidean norm, and the sum of the sizes of its entries. */
  weights: histogramSchema.extend({ norm: z.number(), l1: z.number() }),
  /** Share of the decoder row's norm by attention head, float32 [heads]: |row of head| / sum of these; null away from hook_z. */
  heads: tensorSchema.nullable(),
  /** Largest coordinates of the decoder row; `share` = |value| / l1. */
  aligned: z.array(z.strictObject({ dimension: z.number().int(), value: z.number(), share: z.number() })),
  /** Dimensions of the hook's activation with the highest Pearson correlation over the counted tokens. */
  neurons: z.array(z.strictObject({ dimension: z.number().int(), correlation: z.number() })),
  /** Features of the source with the highest Pearson correlation over the counted tokens. */
  correlated: z.array(z.strictObject({ index: z.number().int(), correlation: z.number(), label: z.string().nullable() })),
  /** Features that fire on the same tokens: `count` of them, and count / tokens on which either fires. */
  cooccurring: z.array(z.strictObject({ index: z.number().int(), count: z.number().int(), jaccard: z.number(), label: z.string().nullable() })),
});

export const featureSchema = z.strictObject({
  source: z.number().int(),
  index: z.number().int(),
  density: z.number(),
  firings: z.number(),
  tokens: z.number(),
  max: z.number(),
  mean: z.number(),
  /** Below 0 for a feature that fires with both signs; `groups` then has the examples below 0 too, and `negative` their histogram of log10 |activation|. */
  min: z.number(),
  dead: z.boolean(),
  /** What most of its strongest examples peak on; null where they are mixed. */
  tokenClass: z.enum(tokenClasses).nullable(),
  negative: histogramSchema.nullable(),
  /** Null in a catalog of an older Loupe. */
  extras: featureExtrasSchema.nullable(),
  /** Counts in 50 bins that are equal in log10(activation); `low` and `high` are log10 themselves. float64 [50]. */
  histogram: z.strictObject({ low: z.number(), high: z.number(), counts: tensorSchema }),
  topLogits: z.array(logitEffectSchema),
  bottomLogits: z.array(logitEffectSchema),
  neighbours: z.array(z.strictObject({ index: z.number().int(), cosine: z.number(), label: z.string().nullable() })),
  label: labelSchema.nullable(),
  groups: z.array(exampleGroupSchema),
});

export const searchHitSchema = z.strictObject({
  index: z.number().int().nullable(),
  context: z.number().int().nullable(),
  label: z.string().nullable(),
  /** Plain text; `marks` are [start, end) character ranges to highlight. */
  snippet: z.string(),
  marks: z.array(z.tuple([z.number().int(), z.number().int()])),
});

export const verifyReportSchema = z.strictObject({
  ok: z.boolean(),
  complete: z.boolean(),
  problems: z.array(z.string()),
  checked: z.array(z.string()),
});

export type Label = z.infer<typeof labelSchema>;
export type Source = z.infer<typeof sourceSchema>;
export type CatalogInfo = z.infer<typeof catalogInfoSchema>;
export type FeatureRow = z.infer<typeof featureRowSchema>;
export type TokenClass = (typeof tokenClasses)[number];
export type FeatureExtras = z.infer<typeof featureExtrasSchema>;
export type Feature = z.infer<typeof featureSchema>;
export type Example = z.infer<typeof exampleSchema>;
export type ExampleGroup = z.infer<typeof exampleGroupSchema>;
export type SearchHit = z.infer<typeof searchHitSchema>;
export type VerifyReport = z.infer<typeof verifyReportSchema>;
