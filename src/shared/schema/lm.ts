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

export type LmPlan = z.infer<typeof lmPlanSchema>;
