/**
 * Activations that SAELens cached (`CacheActivationsRunner`, sae_lens 6): a Hugging Face dataset on disk whose Arrow shards have a
 * column per hook, [context, d] float32 a row, and a column `token_ids`.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { openArrowStream, type ArrowColumn, type ArrowStream } from '../formats/arrow-stream.ts';
import { ArrayStore, readSidecar, type ArrayReader } from './arrays.ts';
import { unknownModel } from './identity.ts';
import { manifestName } from './manifest.ts';
import type { ActivationStore, StoreManifest } from './types.ts';

const stateSchema = z.looseObject({
  _data_files: z.array(z.looseObject({ filename: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name') })).min(1),
  _indices_files: z.array(z.unknown()).nullish(),
});

/** True when `folder` is a dataset as `save_to_disk` leaves it. */
export function isSaeLensCache(folder: string): boolean {
  return !existsSync(join(folder, manifestName)) && existsSync(join(folder, 'state.json')) && existsSync(join(folder, 'dataset_info.json'));
}

function shardPaths(folder: string): string[] {
  const path = join(folder, 'state.json');
  let state: z.infer<typeof stateSchema>;
  try {
    if (statSync(path).size > 64 << 20) throw new Error('it is over 64 MB');
    state = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} does not describe a dataset: ${(cause as Error).message}`, undefined, { cause });
  }
  if ((state._indices_files?.length ?? 0) > 0) {
    throw new LoupeError('unsupported', `${folder} is a shuffled dataset whose rows were not rewritten. Save it again after flatten_indices().`);
  }
  return state._data_files.map(({ filename }) => join(folder, filename));
}

/** The columns of the first shard that are activations: two list levels of floats. */
function hookColumns({ path, columns }: ArrowStream): ArrowColumn[] {
  const tokens = columns.get('token_ids');
  if (tokens === undefined || tokens.shape.length !== 1) {
    throw new LoupeError('unsupported', `${path} has no token ids: it has ${[...columns.keys()].join(', ')}. Cache the activations again with sae_lens 5 or newer.`);
  }
  const hooks = [...columns.values()].filter(({ shape, leaf }) => shape.length === 2 && leaf.startsWith('float'));
  if (hooks.length > 0 && hooks.every(({ shape }) => shape[0] === tokens.shape[0])) return hooks;
  throw new LoupeError('mismatch', `${path}: no column holds activations [${tokens.shape[0]} tokens, width] that go with its token ids.`);
}

function columnOf(shard: ArrowStream, like: ArrowColumn): ArrowColumn {
  const column = shard.columns.get(like.name);
  if (column?.shape.join() === like.shape.join() && column.leaf === like.leaf) return column;
  throw new LoupeError('mismatch', `${shard.path}: the column ${like.name} is not ${like.leaf} [${like.shape.join(', ')}] as in the first shard.`);
}

/** Reads a range of contexts from the shards that hold it, and puts the parts together. */
function acrossShards<T extends Float32Array | Int32Array>(shards: readonly ArrowStream[], first: number, count: number, out: T, read: (shard: ArrowStream, from: number, rows: number) => T): T {
  let [start, at] = [0, 0];
  for (const shard of shards) {
    const [from, to] = [Math.max(first, start), Math.min(first + count, start + shard.rows)];
    if (from < to) {
      const part = read(shard, from - start, to - from);
      out.set(part, at);
      at += part.length;
    }
    start += shard.rows;
  }
  return out;
}

function readerOf(shards: readonly ArrowStream[], hooks: readonly ArrowColumn[], tokens: ArrowColumn): ArrayReader {
  const length = tokens.shape[0]!;
  return {
    readTokens: (first, count) => acrossShards(shards, first, count, new Int32Array(count * length), (shard, from, rows) => shard.readInt32(columnOf(shard, tokens), from, rows)),
    readActivations: (name, first, count) => {
      const hook = hooks.find((column) => column.name === name)!;
      const out = new Float32Array(count * length * hook.shape[1]!);
      return acrossShards(shards, first, count, out, (shard, from, rows) => shard.readFloat32(columnOf(shard, hook), from, rows));
    },
    close: () => shards.forEach((shard) => shard.close()),
  };
}

/** Opens the cache in `folder` as a store; every context counts as one document. Kinds: not-found, bad-file, mismatch, unsupported. */
export function openSaeLensCache(folder: string): ActivationStore {
  const shards: ArrowStream[] = [];
  try {
    for (const path of shardPaths(folder)) shards.push(openArrowStream(path));
    const hooks = hookColumns(shards[0]!);
    const tokens = shards[0]!.columns.get('token_ids')!;
    for (const shard of shards) [...hooks, tokens].forEach((column) => columnOf(shard, column));
    const { model, specialTokenIds, prependBos } = readSidecar(folder);
    const contexts = shards.reduce((sum, { rows }) => sum + rows, 0);
    const manifest: StoreManifest = {
      format: 'loupe-activations', version: 1, model: model ?? unknownModel(hooks[0]!.shape[1]!),
      corpus: { name: basename(folder), documents: contexts, hash: '', sources: shards.map(({ path }) => basename(path)) },
      hooks: hooks.map(({ name, shape }) => ({ name, d: shape[1]! })), dtype: hooks[0]!.leaf === 'float16' ? 'float16' : 'float32',
      contextLength: tokens.shape[0]!, contexts, prependBos, isolate: false, specialTokenIds, seed: 0, shards: [], complete: true, codeVersion: '', backend: '',
    };
    return new ArrayStore(folder, manifest, readerOf(shards, hooks, tokens));
  } catch (error) {
    for (const shard of shards) shard.close();
    throw error;
  }
}
