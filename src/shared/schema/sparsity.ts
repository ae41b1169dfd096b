/** What a study of a language model's sparsity found (The Lazy Neuron Phenomenon, Li et al. 2022, arXiv 2210.06313): `sparsity.json` of a run of kind `lm-sparsity`. */
import { z } from 'zod';
import { unitNamesSchema } from '../unit-names.ts';

const share = z.number().min(0).max(1);
const whole = z.number().int().nonnegative();

/** How well next tokens are predicted. */
export const scoreSchema = z.strictObject({
  tokens: whole,
  loss: z.number().describe('Mean -log p(next token), nats'),
  accuracy: share.describe('Share of tokens whose most likely next token is the true one'),
  confidence: share.describe('Mean probability of the most likely next token'),
  ece: share.describe('Expected calibration error, 15 bins of equal width'),
});

const unitListSchema = z.strictObject({
  count: whole,
  /** The first of them by number, as many as are kept. */
  first: z.array(whole),
});

/** Counts between edges; one edge more than counts. */
const binsSchema = z.strictObject({ edges: z.array(z.number()), counts: z.array(whole) });

/** Coding rates at one place, nats, mean over contexts. */
const ratesSchema = z.strictObject({ rc: z.number(), r: z.number() });

export const codingSchema = z.strictObject({
  /** Before attention, between attention and the sparsifying step, behind it. */
  pre: ratesSchema, mid: ratesSchema, post: ratesSchema,
  length: whole.describe('Tokens of a context: rates grow with it'),
});

export const routingSchema = z.strictObject({
  experts: whole,
  /** Of score and true L0 over (token, expert) pairs; null for routers that predict no L0. */
  pearson: z.number().nullable(),
  spearman: z.number().nullable(),
  pairs: whole,
  /** Share of tokens that go to each expert, [experts]; they sum to the experts of a token. */
  load: z.array(share),
  /** Units of an expert that fire on a token that goes there, mean; null where none does, [experts]. */
  l0: z.array(z.number().nullable()),
  /** Experts that no token goes to, or none of whose units fires. */
  dead: z.array(whole),
  /** Some pairs: score, true L0, expert. */
  sample: z.array(z.tuple([z.number(), z.number(), whole])),
});

export const blockFiguresSchema = z.strictObject({ coding: codingSchema.optional(), routing: routingSchema.optional() });

export const layerSparsitySchema = z.strictObject({
  layer: whole,
  units: whole,
  /** |a| above which a unit fires; 0: any that is not exactly 0. */
  threshold: z.number().nonnegative(),
  share: share.describe('Share of units that fire, mean over tokens'),
  shareOfLive: share.describe('The same over units that fire at least once'),
  nearMaximum: share.describe('Share of entries with |a| above 1 % of the largest of their batch'),
  /** Units that fire on a token: mean, and percentiles over tokens. */
  l0: z.strictObject({ mean: z.number(), least: whole, p5: whole, p25: whole, p50: whole, p75: whole, p95: whole, most: whole }),
  never: unitListSchema,
  always: unitListSchema,
  /** Units by the share of tokens that they fire on: bins equal in log10, without those that never fire. */
  density: binsSchema,
  /** Tokens by how many units fire on them: bins of whole numbers, a bin from its edge up to the next. */
  perToken: binsSchema,
  ...blockFiguresSchema.shape,
});

export const topKSchema = z.strictObject({
  reference: scoreSchema,
  /** By rising k: all layers cut to the k largest units of a token, and each layer alone (null where that was not asked for). */
  points: z.array(z.strictObject({ k: whole, all: scoreSchema, layers: z.array(scoreSchema).nullable() })),
});

/** Predictions by confidence, in bins of equal width. */
export const reliabilitySchema = z.strictObject({
  /** Units that stay on a token; null: all. */
  keep: whole.nullable(),
  bins: z.array(z.strictObject({ count: whole, confidence: share, accuracy: share })),
});

/** Units of a layer in one group: those that never or always fire, or those of a bin of densities. */
export const unitGroupSchema = z.union([z.enum(['never', 'always']), whole.max(1000)]);

/** By falling rate, then by number; `units` has as many as are asked for. */
export const unitsOfGroupSchema = z.strictObject({ total: whole, units: z.array(z.strictObject({ unit: whole, rate: share })) });

const noiseSeriesSchema = z.array(z.strictObject({
  level: z.number().nonnegative(),
  /** In the order of `keep`, the model as it is first. */
  scores: z.array(scoreSchema),
}));

export const noiseSchema = z.strictObject({
  /** Units that stay on a token in every layer; null: all. */
  keep: z.array(whole.nullable()),
  /** Levels rise from 0. Noise N(0, (level * rms)^2) on token embeddings, rms that of their entries. */
  embedding: noiseSeriesSchema,
  /** A share `level` of the input's tokens drawn anew from the vocabulary. */
  substitution: noiseSeriesSchema,
});

export const sparsityStudySchema = z.strictObject({
  format: z.literal('loupe-sparsity'),
  version: z.literal(1),
  model: z.strictObject({ path: z.string(), name: z.string(), family: z.string(), arch: z.string().nullable(), hash: z.string(), layers: whole, dModel: whole, parameters: whole.nullable(), unitNames: unitNamesSchema }),
  data: z.string(),
  /** Of the model with the weights that its training began with. */
  untrained: z.boolean(),
  length: whole,
  seed: whole,
  backend: z.string(),
  /** Whether units have exact zeros; otherwise |a| > epsilon * rms of the layer counts. */
  exact: z.boolean(),
  epsilon: z.number().nonnegative(),
  full: scoreSchema,
  /** Of the model as it is, and of the cuts of the noise curves without noise. */
  reliability: z.array(reliabilitySchema),
  layers: z.array(layerSparsitySchema),
  topk: topKSchema.nullable(),
  noise: noiseSchema.nullable(),
  /** What was left out, and what counts, in words. */
  notes: z.array(z.string()),
});

export type Score = z.infer<typeof scoreSchema>;
export type CodingFigures = z.infer<typeof codingSchema>;
export type RoutingFigures = z.infer<typeof routingSchema>;
export type BlockFigures = z.infer<typeof blockFiguresSchema>;
export type LayerSparsity = z.infer<typeof layerSparsitySchema>;
export type TopKCurve = z.infer<typeof topKSchema>;
export type NoiseCurves = z.infer<typeof noiseSchema>;
export type Reliability = z.infer<typeof reliabilitySchema>;
export type UnitGroup = z.infer<typeof unitGroupSchema>;
export type SparsityStudy = z.infer<typeof sparsityStudySchema>;
