/** What a training run of a language model is given. */
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { shapeOf, sizeFields, type OwnConfig, type OwnShape } from '../own/config.ts';
import { presetByName } from '../own/presets.ts';

const path = z.string().min(1).max(4096);
const optional = <T extends z.ZodType>(field: T): z.ZodNullable<T> => field.nullable();

export const lmTrainConfigSchema = z.strictObject({
  arch: z.string().min(1).max(64).default('dense').describe('Kind of layer'),
  preset: z.string().min(1).max(64).default('desktop-text').describe('Sizes that come ready; fields below win'),
  data: path.default('text').describe('What is trained on: text (the sample corpus), or a file, a folder or a built-in corpus').meta({ path: true }),
  tokenizer: path.default('bytes').describe('bytes, chess (the characters of games), bpe:2048 (so many tokens, learned from the corpus), or a folder with tokenizer.json'),
  out: path.describe('Folder of the new model and its run').meta({ path: true }),
  from: optional(path).default(null).describe('A model of Loupe whose weights the run begins with; its sizes and its layer are then the preset. Empty: from nothing').meta({ path: true }),
  layers: optional(sizeFields.layers.removeDefault()).default(null).describe("Blocks; empty: the preset's").meta({ unit: 'blocks' }),
  dModel: optional(sizeFields.dModel.removeDefault()).default(null).describe("Width of the residual stream; empty: the preset's"),
  heads: optional(sizeFields.heads.removeDefault()).default(null).describe("Attention heads; empty: the preset's"),
  context: optional(sizeFields.context.removeDefault()).default(null).describe("Length of a context; empty: the preset's").meta({ unit: 'tokens' }),
  tiedEmbeddings: z.boolean().nullable().default(null).describe("The unembedding is the embedding; empty: as the preset"),
  layer: z.record(z.string(), z.unknown()).default({}).describe("The layer's own fields, in the place of the preset's"),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Seed of the initial weights, the order of the data and the samples'),
  steps: z.int().min(1).max(100_000_000).default(1000).describe('Updates of the weights').meta({ unit: 'steps' }),
  batch: z.int().min(1).max(65_536).default(16).describe('Contexts in one forward pass').meta({ unit: 'contexts' }),
  accumulate: z.int().min(1).max(4096).default(1).describe('Forward passes whose gradients are added up for one update'),
  lr: z.number().positive().max(1).default(6e-4).describe('Highest learning rate'),
  minimumLr: z.number().min(0).max(1).default(0.1).describe('What the rate falls to by the cosine, as a share of the highest'),
  warmupFraction: z.number().min(0).max(1).default(0.02).describe('First part of the run over which the rate rises').meta({ unit: 'share' }),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Adam's first decay"),
  beta2: z.number().min(0).lt(1).default(0.95).describe("Adam's second decay"),
  epsilon: z.number().positive().max(1).default(1e-8).describe("Adam's epsilon"),
  weightDecay: z.number().min(0).max(10).default(0.1).describe('Decoupled weight decay, of matrices alone'),
  clip: z.number().positive().nullable().default(1).describe('Largest norm of the whole gradient; empty: no limit'),
  tokens: z.int().min(16).max(1_000_000_000).default(20_000_000).describe('How much of the corpus to use at most').meta({ unit: 'tokens' }),
  validTokens: z.int().min(16).max(100_000_000).default(65_536).describe('Last tokens that are never trained on, at most; a twentieth where there are fewer').meta({ unit: 'tokens' }),
  logEvery: z.int().min(1).max(100_000).default(10).describe('Steps between two rows of metrics.jsonl').meta({ unit: 'steps' }),
  validEvery: z.int().min(1).max(10_000_000).default(200).describe('Steps between two validations, each with a sample of what the model writes').meta({ unit: 'steps' }),
  checkpointEvery: z.int().min(1).max(10_000_000).default(200).describe('Steps between two checkpoints').meta({ unit: 'steps' }),
  dtype: z.enum(['float32', 'float16']).default('float32').describe('How the weights are saved; float16 halves the file'),
});

export type LmTrainConfig = z.infer<typeof lmTrainConfigSchema>;

/** Fields that may differ when a run goes on: they change no weight. */
export const freeFields = ['logEvery', 'validEvery', 'checkpointEvery', 'dtype'] as const;

/** The model's config for a vocabulary: the preset or `first`, the model that the run begins with, and what stands in its place. */
export function ownConfigOf(config: LmTrainConfig, vocab: number, first: OwnConfig | null = null): OwnConfig {
  const { arch, preset, layer, layers, dModel, heads, context, tiedEmbeddings } = config;
  const base = first ?? presetByName(arch, preset);
  return {
    arch, layers: layers ?? base.layers, dModel: dModel ?? base.dModel, heads: heads ?? base.heads, context: context ?? base.context, vocab,
    tiedEmbeddings: tiedEmbeddings ?? base.tiedEmbeddings, layer: { ...base.layer, ...layer },
  };
}

/** Refuses a run of another kind or vocabulary than the model that it begins with. Kind mismatch. */
function refuseOtherModel({ arch, from, tokenizer }: LmTrainConfig, vocab: number, first: OwnConfig): void {
  if (first.arch !== arch) throw new LoupeError('mismatch', `arch is ${arch}, and ${from} is of the kind ${first.arch}: choose arch ${first.arch}.`);
  if (first.vocab !== vocab) throw new LoupeError('mismatch', `tokenizer ${tokenizer} has ${vocab} tokens, and ${from} has ${first.vocab}: give the folder of that model as tokenizer.`);
}

/** The model, with everything checked; `first` is the config of the model that the run begins with, or null. Kinds: bad-request, bad-config, mismatch. */
export function shapeFor(config: LmTrainConfig, vocab: number, first: OwnConfig | null = null): OwnShape {
  if (first !== null) refuseOtherModel(config, vocab, first);
  const shape = shapeOf(ownConfigOf(config, vocab, first));
  if (config.validTokens < shape.size.context + 1) {
    throw new LoupeError('bad-config', `validTokens is ${config.validTokens}, and a context of ${shape.size.context} needs one token more than itself: raise validTokens.`);
  }
  return shape;
}
