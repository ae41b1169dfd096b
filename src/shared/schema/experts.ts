/** Experts of a model by domain, what a purge does, and where tokens of a text go: as the studio, the engine and the command line see it. */
import { z } from 'zod';
import { promptSchema, readTokensSchema } from './live.ts';
import { tensorSchema } from './tensor.ts';

const path = z.string().min(1).max(4096);
const index = z.number().int().nonnegative();

/** What one question may ask for at most. */
export const expertLimits = { domains: 16, top: 64, uses: 8, layers: 1024 } as const;

/** A kind of text by name. `corpus` null: one of the domains that come with Loupe. */
export const domainSpecSchema = z.strictObject({
  name: z.string().min(1).max(40).describe('How the domain is called'),
  corpus: path.nullable().default(null).describe('A file, a folder or a built-in corpus; empty: the domain of this name that comes with Loupe'),
});

/** Experts of one layer as bits, base64: bit e % 8, counted from the lowest, of byte e / 8 is expert e. */
export const layerExpertsSchema = z.strictObject({ layer: index.max(expertLimits.layers), experts: z.string().max(1 << 20) });

export const usualDomains: readonly { name: string; corpus: null }[] = ['chess', 'english', 'code', 'digits'].map((name) => ({ name, corpus: null }));

const domainFields = {
  model: path.describe('A model whose layers are made of experts').meta({ path: true }),
  domains: z.array(domainSpecSchema).min(2).max(expertLimits.domains).default(usualDomains.map((domain) => ({ ...domain }))).describe('Two kinds of text or more'),
  tokens: z.int().min(64).max(100_000_000).default(16_384).describe('Tokens of each domain, at most').meta({ unit: 'tokens' }),
};

export const expertsConfigSchema = z.strictObject({
  ...domainFields,
  factor: z.number().min(1).max(1e6).default(2).describe('How many times the second-highest domain the highest must have').meta({ unit: '1' }),
  floor: z.number().min(0).max(1).default(1e-7).describe("What an expert's mean weight must be above").meta({ unit: '1' }),
  uses: z.int().min(0).max(expertLimits.uses).default(4).describe('Tokens kept of each expert that use it most'),
});

export const purgeConfigSchema = z.strictObject({
  ...domainFields,
  off: z.array(layerExpertsSchema).min(1).max(expertLimits.layers).describe('The experts that are switched off, by layer'),
  target: z.string().max(40).nullable().default(null).describe('The domain that is meant to be hit; empty: none'),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Seed of the experts that are switched off for comparison'),
});

/** Loss of one domain on text that experts were not attributed by, nats a token. */
export const domainLossSchema = z.strictObject({
  domain: z.string(), tokens: index,
  before: z.number(), after: z.number(), change: z.number(),
  /** With as many experts of each layer switched off, drawn among those that are used. */
  random: z.number(), randomChange: z.number(),
});

export const purgeResultSchema = z.strictObject({
  model: z.string(), target: z.string().nullable(), seed: index,
  /** How many experts were switched off, in all and in each layer, and how many there are in one. */
  purged: index, byLayer: z.array(index), experts: index,
  /** As many that were drawn at random: fewer where fewer are used. */
  randomPurged: index,
  losses: z.array(domainLossSchema),
  /** Change of the target over the mean change of the others; null without a target, and where the others' loss did not rise. */
  ratio: z.number().nullable(), randomRatio: z.number().nullable(),
});

/** What a model's experts are, without running it. */
export const expertModelSchema = z.strictObject({
  path: z.string(), name: z.string(), hash: z.string(), kind: z.string(),
  /** null: the model has no experts. */
  layout: z.enum(['square', 'list']).nullable(),
  layers: index, experts: index,
  /** Units of an expert at mlp.hook_post. */
  units: index,
});

/** What a finished job of kind `lm-experts` found, without the arrays. */
export const expertsResultSchema = z.strictObject({
  model: z.string(), hash: z.string(), kind: z.string(), layout: z.enum(['square', 'list']), layers: index, experts: index, units: index,
  domains: z.array(z.strictObject({ name: z.string(), corpus: z.string().nullable(), tokens: index })),
  factor: z.number(), floor: z.number(), uses: index,
  /** Of each layer: how many experts belong to each domain, and how many no token used. */
  byLayer: z.array(z.strictObject({ owned: z.array(index), unused: index })),
});

export const expertLayerSchema = z.strictObject({
  /** Mean weight of an expert over the tokens of a domain, float32 [domains, experts]. */
  masses: tensorSchema,
  /** Share of the domain's tokens that use it, float32 [domains, experts]. */
  loads: tensorSchema,
  /** The domain of each expert, -1 where none, int32 [experts]. */
  owners: tensorSchema,
});

/** A token that uses an expert, with what stands around it. */
export const expertUseSchema = z.strictObject({
  domain: index, weight: z.number(),
  texts: z.array(z.string()),
  /** Which of the texts is the token. */
  at: index,
});

export const routeInputSchema = z.strictObject({
  model: path, prompt: promptSchema,
  /** Experts of a token that are given, the strongest first. */
  top: z.number().int().min(1).max(expertLimits.top),
  off: z.array(layerExpertsSchema).max(expertLimits.layers),
});

export const routedSchema = z.strictObject({
  model: z.strictObject({ name: z.string(), hash: z.string() }),
  tokens: readTokensSchema,
  experts: index,
  /** int32 and float32 [layers, tokens, top]; weight 0 in slots without an expert. */
  indices: tensorSchema, weights: tensorSchema,
  /** Experts that a token uses in a layer, int32 [layers, tokens]. */
  used: tensorSchema,
  /** -log p of each token given those before it, nats: of the model as it is, and without the experts in `off`; not a number for the first. float32 [tokens] */
  loss: tensorSchema, lossWithout: tensorSchema,
});

export type DomainSpec = z.infer<typeof domainSpecSchema>;
export type LayerExperts = z.infer<typeof layerExpertsSchema>;
export type ExpertsConfig = z.infer<typeof expertsConfigSchema>;
export type PurgeConfig = z.infer<typeof purgeConfigSchema>;
export type DomainLoss = z.infer<typeof domainLossSchema>;
export type PurgeResult = z.infer<typeof purgeResultSchema>;
export type ExpertModel = z.infer<typeof expertModelSchema>;
export type ExpertsResult = z.infer<typeof expertsResultSchema>;
export type ExpertLayer = z.infer<typeof expertLayerSchema>;
export type ExpertUse = z.infer<typeof expertUseSchema>;
export type RouteInput = z.infer<typeof routeInputSchema>;
export type Routed = z.infer<typeof routedSchema>;
