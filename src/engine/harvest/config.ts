/** What a harvest is asked for, and what it will take. */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { contextBytes, gradientHook, type StoreLayout } from '../store/manifest.ts';
import type { StoreHook } from '../store/types.ts';

export const harvestConfigSchema = z.strictObject({
  model: z.string().min(1).meta({ description: 'Model: a Hugging Face folder or a GGUF file', path: true }),
  hooks: z.array(z.string().min(1)).min(1).meta({ description: 'Hook points by TransformerLens name, such as blocks.9.hook_resid_post; all in one forward pass' }),
  corpus: z.string().min(1).meta({ description: 'Corpus: a text, JSONL or Parquet file, a folder of them, or wordnet or package-docs, which come with Loupe', path: true }),
  out: z.string().min(1).meta({ description: 'Folder of the new activation store', path: true }),
  tokens: z.number().int().min(2).max(1e12).default(200_000).meta({ description: 'How much of the corpus to use, in whole contexts', unit: 'tokens' }),
  contextLength: z.number().int().min(2).max(1 << 20).default(128).meta({ description: 'Length of a context; at most what the model takes', unit: 'tokens' }),
  batch: z.number().int().min(1).max(4096).default(16).meta({ description: 'Contexts in one forward pass', unit: 'contexts' }),
  dtype: z.enum(['float16', 'float32']).default('float16').meta({ description: 'How activations are stored; float16 halves the disk and keeps 3 digits' }),
  isolate: z.boolean().default(false).meta({ description: 'Attention stays within each document; otherwise documents in one context see each other' }),
  shuffle: z.enum(['auto', 'on', 'off']).default('auto').meta({ description: 'Order of the documents: seeded random within a window of 64 MB, or as they come; auto shuffles listings such as wordnet' }),
  field: z.string().min(1).default('text').meta({ description: 'JSONL field or Parquet column with the text' }),
  unit: z.enum(['block', 'file']).default('block').meta({ description: 'Text files: a document is a block between blank lines, or the whole file' }),
  badLines: z.enum(['skip', 'refuse']).default('skip').meta({ description: 'JSONL lines that cannot be used are counted and skipped, or end the harvest' }),
  conversations: z.boolean().default(false).meta({ description: "The corpus holds conversations (JSONL with messages): each is rendered with the model's chat template and run alone, cut or padded to a context; special tokens count, and repeats of 20 words are left out" }),
  gradients: z.boolean().default(false).meta({ description: 'Store the gradient of the loss beside the activation at each hook: twice the disk, about four times the time' }),
  seed: z.number().int().min(0).max(0xffffffff).default(0).meta({ description: 'Seed of the document order' }),
  shardMegabytes: z.number().min(0.001).max(256).default(256).meta({ description: 'Size of a file of the store at most (one batch at least)', unit: 'MB' }),
}).refine(({ tokens, contextLength }) => tokens >= contextLength, {
  path: ['tokens'], message: 'must be at least one context: raise tokens or lower contextLength',
}).refine(({ hooks }) => new Set(hooks).size === hooks.length, { path: ['hooks'], message: 'names a hook twice' });

export type HarvestConfig = z.infer<typeof harvestConfigSchema>;

export interface HarvestEstimate {
  /** Contexts that will be stored if the corpus is long enough. */
  readonly contexts: number;
  /** Contexts in each shard but the last: whole batches, so that a batch never crosses a shard. */
  readonly shardContexts: number;
  /** Disk that the whole store takes, in bytes. */
  readonly bytes: number;
}

/** Name, number and size of files beside their data: a header a shard and the manifest. */
const overheadBytes = 64 * 1024;

/** The hooks with their widths. Kinds: not-found (with the nearest name), bad-config (the context is too long for the model). */
export function harvestHooks(config: HarvestConfig, model: Pick<LanguageModel, 'config' | 'hookWidth'>): StoreHook[] {
  if (config.contextLength > model.config.contextLength) {
    throw new LoupeError('bad-config', `contextLength: ${config.contextLength} is more than ${model.config.name} takes (${model.config.contextLength}). Lower it.`);
  }
  return config.hooks.map((name) => ({ name, d: model.hookWidth(name) }));
}

/** What the store holds for these hooks: each, and after them their gradients where they are asked for. */
export function storedHooks({ gradients }: Pick<HarvestConfig, 'gradients'>, hooks: readonly StoreHook[]): StoreHook[] {
  return gradients ? [...hooks, ...hooks.map(({ name, d }) => ({ name: gradientHook(name), d }))] : [...hooks];
}

/** What a harvest will take, before it starts. `hooks` as from `storedHooks`. */
export function estimateHarvest(config: HarvestConfig, hooks: readonly StoreHook[]): HarvestEstimate {
  const layout: StoreLayout = { hooks, dtype: config.dtype, contextLength: config.contextLength };
  const each = contextBytes(layout);
  const contexts = Math.floor(config.tokens / config.contextLength);
  const batches = Math.max(1, Math.floor((config.shardMegabytes * 1e6) / (each * config.batch)));
  const shardContexts = batches * config.batch;
  return { contexts, shardContexts, bytes: contexts * each + (Math.ceil(contexts / shardContexts) + 1) * overheadBytes };
}
