/** What a training run is given: the common fields, and those of the variant that it names. */
import { z } from 'zod';
import { precisions } from '../ops/low-precision.ts';
import type { AnyVariant } from '../sae/definition.ts';
import { registry, variantById } from '../sae/registry.ts';

/** Steps below which a run is short. */
const shortRun = 20_000;

const path = z.string().min(1).max(4096);

/** Fields that every variant takes. Learning rates, betas and epsilon are null where the variant's own are wanted. */
const common = {
  activations: z.array(path).max(64).default([]).describe('Activation stores to train on, by folder; empty: a model runs over a corpus as training goes'),
  model: path.nullable().default(null).describe('Without a store: the model, a Hugging Face folder or a GGUF file'),
  corpus: path.nullable().default(null).describe('Without a store: the corpus, a file, a folder, or wordnet or package-docs'),
  contextLength: z.int().min(2).max(1 << 20).default(128).describe('Without a store: length of a context').meta({ unit: 'tokens' }),
  modelBatch: z.int().min(1).max(4096).default(16).describe('Without a store: contexts in one forward pass').meta({ unit: 'contexts' }),
  isolate: z.boolean().default(false).describe('Without a store: attention stays within each document'),
  conversations: z.boolean().default(false)
    .describe("Without a store: the corpus is JSONL with messages, and each conversation is run alone through the model's chat template (FAST)"),
  out: path.describe('Folder that the dictionary is written to'),
  hookPoint: z.string().max(200).nullable().default(null).describe('Hook of the stores to train at; empty: the only one that they have'),
  targetHook: z.string().max(200).nullable().default(null).describe('Transcoders: the hook that is predicted from hookPoint'),
  hookPoints: z.array(z.string().min(1).max(200)).max(64).default([])
    .describe('Crosscoders: hooks of one width that are read at once, in place of hookPoint; with besideActivations one for each set of stores'),
  besideActivations: z.array(path).max(64).default([])
    .describe('Crosscoders of several models: stores of the others with the same tokens, for each further model as many as there are activations'),
  dSae: z.int().min(1).max(4_194_304).describe('Width of the dictionary').meta({ unit: 'latents' }),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Seed of the initial weights and of the order of the data'),
  steps: z.int().min(1).max(100_000_000).default(1000).describe('Batches to train on').meta({ unit: 'steps' }),
  batch: z.int().min(1).max(1_048_576).default(2048).describe('Rows in a batch').meta({ unit: 'tokens' }),
  lr: z.number().positive().max(1).nullable().default(null)
    .describe("Learning rate; empty: the variant's own, or 2e-4 / sqrt(dSae / 16384); below 20,000 steps four times that, at most 1e-3"),
  beta1: z.number().min(0).lt(1).nullable().default(null).describe("Adam's first decay; empty: the variant's own, or 0.9"),
  beta2: z.number().min(0).lt(1).nullable().default(null).describe("Adam's second decay; empty: the variant's own, or 0.999"),
  epsilon: z.number().positive().max(1).nullable().default(null).describe("Adam's epsilon; empty: the variant's own, or 1e-8"),
  warmupSteps: z.int().min(0).max(1_000_000).nullable().default(null)
    .describe('Steps over which the learning rate rises; empty: 1,000, at most 5 % of the run').meta({ unit: 'steps' }),
  decayFraction: z.number().min(0).max(1).default(0.2).describe('Last part of the run over which the learning rate falls to 0').meta({ unit: 'share' }),
  clip: z.number().positive().nullable().default(null).describe("Largest norm of the whole gradient; empty: the variant's own, or no limit"),
  deadWindow: z.int().min(1).max(1_000_000_000).nullable().default(null)
    .describe('A latent is dead after this many tokens without firing; empty: 10 million, at most 10 % of the run').meta({ unit: 'tokens' }),
  biasInit: z.enum(['mean', 'median', 'zero']).default('mean').describe('Start of the decoder bias: mean or geometric median of the data, or zero'),
  heldOut: z.int().min(0).max(10_000_000).nullable().default(null)
    .describe('Last tokens of the data that are never trained on; empty: 10 %, at most 20,000').meta({ unit: 'tokens' }),
  bufferRows: z.int().min(1).max(16_777_216).nullable().default(null)
    .describe('Rows that are shuffled together; empty: 20 batches').meta({ unit: 'tokens' }),
  logEvery: z.int().min(1).max(100_000).default(10).describe('Steps between two rows of metrics.jsonl').meta({ unit: 'steps' }),
  checkpointEvery: z.int().min(1).max(10_000_000).default(200).describe('Steps between two checkpoints').meta({ unit: 'steps' }),
  precision: z.enum(precisions).default('f32')
    .describe('How TopK chooses its latents: f32 exactly, bf16 or int8 by a faster product where the processor has one; kept values are float32 always'),
  fused: z.boolean().default(true).describe('Use the fused sparse step where the variant has one; off: dense autograd'),
};

export type CommonConfig = z.infer<z.ZodObject<typeof common>>;
/** The common fields and the variant's own. */
export type TrainConfig = CommonConfig & { readonly variant: string } & Readonly<Record<string, unknown>>;

/** The whole strict schema of one variant's training, without the rules across fields: a form is built from it. */
export function trainFormSchema(variant: AnyVariant): z.ZodObject {
  const clash = Object.keys(variant.config.shape).filter((key) => key in common || key === 'variant');
  if (clash.length > 0) throw new Error(`variant ${variant.id} redefines ${clash.join(', ')}`);
  const shape = variant.config.shape as z.ZodRawShape;
  const id = z.literal(variant.id).default(variant.id).describe('Kind of dictionary');
  return z.strictObject({ variant: id, ...common, ...shape });
}

const schemas = new Map(registry.map((variant) => [variant.id, trainFormSchema(variant)]));

function crossFieldProblems(config: TrainConfig): string[] {
  const problems = [...variantById(config.variant).check(variantConfig(config), { dIn: 0, dSae: config.dSae, dOut: 0, sources: 1 })];
  const streams = config.model !== null || config.corpus !== null;
  if (streams && config.activations.length > 0) problems.push('activations and model are both given: train on stores, or on a model and a corpus');
  if (!streams && config.activations.length === 0) problems.push('activations is empty: name a store, or a model and a corpus');
  if (streams && (config.model === null || config.corpus === null || (config.hookPoint === null && config.hookPoints.length === 0))) {
    problems.push('training without a store needs model, corpus and hookPoint (or hookPoints)');
  }
  problems.push(...hookProblems(config));
  if ((config.warmupSteps ?? 0) > config.steps) problems.push(`warmupSteps is ${config.warmupSteps}, steps is ${config.steps}: choose warmupSteps <= steps`);
  if (config.bufferRows !== null && config.bufferRows < config.batch) problems.push(`bufferRows is ${config.bufferRows}, batch is ${config.batch}: choose bufferRows >= batch`);
  return problems;
}

/** Rules about the fields that name hooks and the stores beside others. */
function hookProblems({ variant, activations, besideActivations, hookPoint, hookPoints, targetHook }: TrainConfig): string[] {
  const { data } = variantById(variant);
  const problems: string[] = [];
  if (data !== 'pairs' && targetHook !== null) problems.push(`targetHook is ${targetHook}, and ${variant} reconstructs its own input: leave it out, or train a transcoder`);
  if (data !== 'sources' && hookPoints.length + besideActivations.length > 0) problems.push(`hookPoints and besideActivations are for crosscoders, and variant is ${variant}: use hookPoint and activations`);
  if (hookPoint !== null && hookPoints.length > 0) problems.push('hookPoint and hookPoints are both given: hookPoints takes its place');
  if (besideActivations.length > 0 && (activations.length === 0 || besideActivations.length % activations.length !== 0)) {
    problems.push(`besideActivations names ${besideActivations.length} stores for ${activations.length} activations: give as many for each further model`);
  }
  return problems;
}

/** The schema of a training run: that of the variant it names, strict, with the rules across fields. */
export const trainConfigSchema: z.ZodType<TrainConfig> = z.looseObject({ variant: z.string() }).transform((raw, context) => {
  const schema = schemas.get(raw.variant);
  if (schema === undefined) {
    context.addIssue({ code: 'custom', path: ['variant'], message: `there is no variant "${raw.variant}": choose ${[...schemas.keys()].join(', ')}` });
    return z.NEVER;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
    return z.NEVER;
  }
  const config = parsed.data as TrainConfig;
  for (const message of crossFieldProblems(config)) context.addIssue({ code: 'custom', path: [], message });
  return config;
});

/** The variant's own fields of a config. */
export function variantConfig(config: Readonly<Record<string, unknown>> & { readonly variant: string }): Record<string, unknown> {
  const own = variantById(config.variant).config.shape as Record<string, unknown>;
  return Object.fromEntries(Object.keys(own).map((key) => [key, config[key]]));
}

/** Fields with the variant's own values, or the rules of metrics.md section 1, in place of null. */
export interface ResolvedTraining {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** steps */
  readonly warmupSteps: number;
  /** tokens */
  readonly deadWindow: number;
  /** rows */
  readonly bufferRows: number;
  /** Largest norm of the whole gradient; null: no limit. */
  readonly clip: number | null;
}

/** Rates below 1e-3 are meant for runs of 10^5 steps. */
function forShortRuns(lr: number, steps: number): number {
  return lr >= 1e-3 || steps >= shortRun ? lr : Math.min(1e-3, 4 * lr);
}

/**
 * The usual rule lr = 2e-4 / sqrt(dSae / 2^14) (dictionary_learning, sparsify) is meant for runs of 10^5 steps; short runs
 * want more: four times that below 20,000 steps [our choice; 8e-4 at dSae 4,608 gave the reference demo its figures].
 */
export function resolveTraining(config: TrainConfig): ResolvedTraining {
  const own = variantById(config.variant).defaults ?? {};
  const rule = forShortRuns(2e-4 / Math.sqrt(config.dSae / 16384), config.steps);
  const tokens = config.steps * config.batch;
  return {
    lr: config.lr ?? (own.lr === undefined ? Math.min(1e-3, rule) : forShortRuns(own.lr, config.steps)),
    beta1: config.beta1 ?? own.beta1 ?? 0.9,
    beta2: config.beta2 ?? own.beta2 ?? 0.999,
    epsilon: config.epsilon ?? own.epsilon ?? 1e-8,
    warmupSteps: config.warmupSteps ?? Math.min(1000, Math.floor(config.steps * 0.05)),
    deadWindow: config.deadWindow ?? Math.min(10_000_000, Math.max(config.batch, Math.floor(tokens * 0.1))),
    bufferRows: config.bufferRows ?? config.batch * 20,
    clip: config.clip ?? own.clip ?? null,
  };
}
