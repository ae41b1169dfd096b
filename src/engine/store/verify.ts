/** The slow check of a store: every byte against the hashes in its manifest. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { hashFile } from '../files/hash.ts';
import { readManifest } from './manifest.ts';
import { openShard } from './reader.ts';
import type { StoreManifest, StoreShard } from './types.ts';

export interface StoreReport {
  readonly complete: boolean;
  readonly shards: number;
  readonly bytes: number;
  /** One sentence a problem, naming the shard; empty when all is well. */
  readonly problems: readonly string[];
}

async function shardProblem(folder: string, manifest: StoreManifest, shard: StoreShard, signal?: AbortSignal): Promise<string | null> {
  const path = join(folder, shard.file);
  if (!existsSync(path)) return `${shard.file} is missing`;
  const { sha256, bytes } = await hashFile(path, signal);
  if (bytes !== shard.bytes) return `${shard.file} has ${bytes} bytes and should have ${shard.bytes}`;
  if (sha256 !== shard.sha256) return `${shard.file} was changed: its sha256 is ${sha256.slice(0, 12)}... and should be ${shard.sha256.slice(0, 12)}...`;
  try {
    openShard(folder, manifest, shard).close();
    return null;
  } catch (error) {
    if (error instanceof LoupeError) return error.message;
    throw error;
  }
}

/** Reads every shard of the store in `folder`. Throws only where there is no usable manifest (not-found, bad-file, unsupported). */
export async function verifyStore(folder: string, signal?: AbortSignal): Promise<StoreReport> {
  const manifest = readManifest(folder);
  const problems: string[] = [];
  for (const shard of manifest.shards) {
    const problem = await shardProblem(folder, manifest, shard, signal);
    if (problem !== null) problems.push(problem);
  }
  const bytes = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  return { complete: manifest.complete, shards: manifest.shards.length, bytes, problems };
}
