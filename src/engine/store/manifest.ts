/** `manifest.json` of an activation store: its schema, and the layout of the shards that it describes. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { TensorSpec } from '../formats/safetensors.ts';
import type { StoreHook, StoreManifest } from './types.ts';

export const manifestName = 'manifest.json';

/** A manifest lists a few hundred bytes a shard; more than this is no manifest. */
const maxManifestBytes = 64 * 1024 * 1024;

const count = z.number().int().nonnegative();
const size = z.number().int().positive();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in hex');
/** Widths and lengths beyond these are no language model's. */
const width = size.max(1 << 24);

export const modelSchema = z.strictObject({
  name: z.string(), family: z.string(), dModel: width, layers: size, hash: z.string(), tokenizerHash: z.string(),
});
const shardSchema = z.strictObject({
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name'),
  firstContext: count, contexts: size, bytes: size, sha256,
});
const harvestSchema = z.strictObject({
  tokens: size, batch: size, shardContexts: size, shuffle: z.boolean(),
  field: z.string(), unit: z.enum(['block', 'file']), badLines: z.enum(['skip', 'refuse']),
  conversations: z.boolean().optional(), gradients: z.boolean().optional(),
});

export const manifestSchema = z.strictObject({
  format: z.literal('loupe-activations'),
  version: z.literal(1),
  model: modelSchema,
  corpus: z.strictObject({ name: z.string(), documents: count, hash: z.string(), sources: z.array(z.string()) }),
  hooks: z.array(z.strictObject({ name: z.string().min(1), d: width })).min(1),
  dtype: z.enum(['float16', 'float32']),
  contextLength: size.max(1 << 24),
  contexts: count,
  prependBos: z.boolean(),
  isolate: z.boolean(),
  specialTokenIds: z.array(count),
  seed: z.number().int(),
  shards: z.array(shardSchema),
  complete: z.boolean(),
  codeVersion: z.string(),
  backend: z.string(),
  harvest: harvestSchema.optional(),
  cursor: z.strictObject({ documents: count, tokens: count, hash: sha256 }).optional(),
});

function unusable(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is not a usable store manifest: ${what}. Harvest again, or fetch the store again.`);
}

/** Reads and checks the manifest of the store in `folder`. Kinds: not-found, bad-file, unsupported (a newer version). */
export function readManifest(folder: string): StoreManifest {
  const path = join(folder, manifestName);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new LoupeError('not-found', `${folder} is no activation store: it has no ${manifestName}. Make one with loupe harvest.`);
  if (stat.size > maxManifestBytes) throw unusable(path, `it has ${stat.size} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw unusable(path, (error as Error).message);
  }
  return checkManifest(value, path);
}

/** The manifest that `value` is. `path` is for messages. Kinds: bad-file, unsupported. */
export function checkManifest(value: unknown, path: string): StoreManifest {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1) {
    throw new LoupeError('unsupported', `${path} is of version ${version}; this Loupe reads version 1. Use a newer Loupe.`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0]!;
    throw unusable(path, `${place.join('.') || 'it'}: ${message}`);
  }
  checkShards(parsed.data, path);
  return parsed.data;
}

/** Shards follow each other without a gap, add up to the contexts, and are as long as what they hold. */
function checkShards(manifest: StoreManifest, path: string): void {
  if (new Set(manifest.hooks.map(({ name }) => name)).size !== manifest.hooks.length) throw unusable(path, 'a hook is listed twice');
  let next = 0;
  for (const shard of manifest.shards) {
    if (shard.firstContext !== next) throw unusable(path, `${shard.file} begins at context ${shard.firstContext} and not ${next}`);
    const least = shard.contexts * contextBytes(manifest);
    if (shard.bytes < least) throw unusable(path, `${shard.file} claims ${shard.contexts} contexts, which need ${least} bytes, and has ${shard.bytes}`);
    next += shard.contexts;
  }
  if (next !== manifest.contexts) throw unusable(path, `it claims ${manifest.contexts} contexts and its shards hold ${next}`);
}

/** What decides the layout of a shard. */
export type StoreLayout = Pick<StoreManifest, 'hooks' | 'dtype' | 'contextLength'>;

/** Bytes of one context: token ids, document numbers and activations at every hook. */
export function contextBytes({ hooks, dtype, contextLength }: StoreLayout): number {
  const width = hooks.reduce((sum, { d }) => sum + d, 0);
  return contextLength * (4 + 4 + width * (dtype === 'float16' ? 2 : 4));
}

/** The name under which a harvest keeps the gradient of the loss at a hook, beside its value. */
export function gradientHook(hook: string): string {
  return `${hook}.grad`;
}

/** The name of a hook's tensor in a shard. */
export function hookTensor(hook: string): string {
  return `activations.${hook}`;
}

/** The tensors of a shard: tokens and documents, int32 [contexts, contextLength]; each hook [contexts, contextLength, d]. */
export function shardSpecs({ hooks, dtype, contextLength }: StoreLayout, contexts: number): TensorSpec[] {
  const activations = (hook: StoreHook): TensorSpec => ({
    name: hookTensor(hook.name), dtype: dtype === 'float16' ? 'F16' : 'F32', shape: [contexts, contextLength, hook.d],
  });
  return [
    { name: 'tokens', dtype: 'I32', shape: [contexts, contextLength] },
    { name: 'documents', dtype: 'I32', shape: [contexts, contextLength] },
    ...hooks.map(activations),
  ];
}

/** `shard-00003.safetensors` */
export function shardName(index: number): string {
  return `shard-${String(index).padStart(5, '0')}.safetensors`;
}
