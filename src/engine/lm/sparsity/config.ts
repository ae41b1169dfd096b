/** What a study of sparsity is given. */
import { z } from 'zod';

const path = z.string().min(1).max(4096);
const ladder = (least: number) => z.array(z.int().min(least).max(1 << 30)).max(64);
const levels = (most: number) => z.array(z.number().positive().max(most)).max(16);

export const sparsityConfigSchema = z.strictObject({
  model: path.describe('The model: a folder or a GGUF file').meta({ path: true }),
  data: path.nullable().default(null).describe("What is read: text (the sample corpus), chess, or a file, a folder or a built-in corpus; empty: the validation tokens of the model's own run").meta({ path: true }),
  untrained: z.boolean().default(false).describe('The model with the weights that its run began with, to compare with; of models that Loupe trained'),
  tokens: z.int().min(2).max(10_000_000).default(16_384).describe('Tokens over which units are counted, at most').meta({ unit: 'tokens' }),
  length: z.int().min(1).max(1 << 20).nullable().default(null).describe("Length of a context; empty: the model's, 256 at most").meta({ unit: 'tokens' }),
  epsilon: z.number().min(0).max(1).default(0.01).describe("Units without exact zeros (GELU, SwiGLU) fire where |a| exceeds this share of their layer's root mean square").meta({ unit: 'share' }),
  topk: ladder(0).nullable().default(null).describe('Units that stay on a token, one curve point each; empty: 0 and powers of four').meta({ unit: 'units' }),
  topkTokens: z.int().min(0).max(10_000_000).default(2048).describe('Tokens of the top-k curves, at most, a context at least; 0 leaves them out').meta({ unit: 'tokens' }),
  eachLayer: z.boolean().default(true).describe('Each layer is also cut alone, which takes half as many passes as there are layers for every k'),
  noiseTokens: z.int().min(0).max(10_000_000).default(2048).describe('Tokens of the noise curves, at most, a context at least; 0 leaves them out').meta({ unit: 'tokens' }),
  noise: levels(100).default([0.05, 0.1, 0.2, 0.4, 0.8]).describe('Gaussian noise on token embeddings, in root mean squares of their entries').meta({ unit: 'rms' }),
  substitution: levels(1).default([0.01, 0.02, 0.05, 0.1, 0.2]).describe('Share of input tokens that are drawn anew from the vocabulary').meta({ unit: 'share' }),
  noiseKeep: ladder(1).nullable().default(null).describe('Units that stay on a token under noise, one curve each beside the model as it is; empty: a half and an eighth of those that fire').meta({ unit: 'units' }),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Seed of the noise'),
});

export type SparsityConfig = z.infer<typeof sparsityConfigSchema>;
