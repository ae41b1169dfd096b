/** Language models that Loupe trains: what a run would take, and what came of those that ran. */
import { z } from 'zod';

const size = z.number().nonnegative();

/** A run before it begins. Parameters, bytes and tokens are counts; `flops` is floating-point operations of the whole run. */
export const lmPlanSchema = z.strictObject({
  arch: z.string(),
  title: z.string(),
  paper: z.string().nullable(),
  sizes: z.strictObject({ layers: size, dModel: size, heads: size, context: size, vocab: size }),
  tiedEmbeddings: z.boolean(),
  /** The layer's own fields as they will be: the preset's, with the given ones in their place. */
  layer: z.record(z.string(), z.unknown()),
  /** Interpretable units of a block: the width of mlp.hook_post. */
  units: size,
  /** `active`: those that take part in computing a token. */
  parameters: z.strictObject({ total: size, active: size, parts: z.record(z.string(), size) }),
  tokensPerStep: size,
  tokens: size,
  flops: size,
  memory: z.strictObject({ needed: size, weights: size, step: size, usable: size }),
  disk: z.strictObject({ needed: size, free: size }),
  /** Why it does not fit this machine now, with what would; null where it fits. */
  problem: z.string().nullable(),
  /** Why the data cannot be opened; null where it can. */
  dataProblem: z.string().nullable(),
});

/** A model that Loupe trains or has trained, for lists: its config, and figures by name (null: not there yet). */
export const lmRunSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  /** The studio's run that makes it; null for one of the command line. */
  job: z.string().nullable(),
  /** `stopped`: it can be gone on with. */
  state: z.enum(['done', 'running', 'waiting', 'stopped']),
  modifiedAt: z.string(),
  /** As in lm-train.json, or {} where it cannot be read. */
  config: z.record(z.string(), z.unknown()),
  /** Of result.json, else of the history so far; and those of evaluations that lie beside the model. */
  figures: z.record(z.string(), z.number().nullable()),
  problem: z.string().nullable(),
});

/** A field of a layer with its value. */
const layerFieldSchema = z.strictObject({ name: z.string(), value: z.unknown(), description: z.string(), unit: z.string() });

/** A model with one of Loupe's own kinds of layer, as its config tells it. */
export const lmFactsSchema = z.strictObject({
  arch: z.string(),
  title: z.string(),
  paper: z.string().nullable(),
  sizes: z.strictObject({ layers: size, dModel: size, heads: size, context: size, vocab: size }),
  tiedEmbeddings: z.boolean(),
  layer: z.array(layerFieldSchema),
  /** Of each block: `names` are those of the first unit and of the last. */
  units: z.strictObject({ count: size, names: z.array(z.string()) }),
  parameters: z.strictObject({ total: size, active: size, parts: z.record(z.string(), size) }),
});

/** What a model wrote at a step of its training, behind the first validation tokens. */
export const lmSampleSchema = z.strictObject({ step: z.number().int(), prompt: z.string(), text: z.string() });

export type LmFacts = z.infer<typeof lmFactsSchema>;
export type LmRun = z.infer<typeof lmRunSchema>;
export type LmSample = z.infer<typeof lmSampleSchema>;
export type LmPlan = z.infer<typeof lmPlanSchema>;
