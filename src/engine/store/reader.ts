/** Reading an activation store by slices of contexts: one hook at a time, from as few bytes as that takes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { decodeFloat16 } from '../formats/float16.ts';
import { openSafetensors, type SafetensorsFile } from '../formats/safetensors.ts';
import { hookTensor, readManifest, shardSpecs } from './manifest.ts';
import { rowMask } from './mask.ts';
import type { ActivationStore, StoreManifest, StoreShard } from './types.ts';

/** Shard files held open at once. */
const openShards = 16;

export interface OpenStoreOptions {
  /** Opens what there is of a harvest that has not ended. */
  readonly allowIncomplete?: boolean;
}

/** Opens a store that Loupe harvested. Kinds: not-found, bad-file (names the shard), unsupported, conflict (incomplete). */
export function openHarvestedStore(folder: string, options: OpenStoreOptions = {}): ActivationStore {
  const manifest = readManifest(folder);
  if (!manifest.complete && options.allowIncomplete !== true) {
    throw new LoupeError('conflict', `${folder} is incomplete: ${manifest.contexts} contexts of a harvest that has not ended. ` +
      'Run the same loupe harvest again to finish it, or allow incomplete stores to use what is there.');
  }
  for (const shard of manifest.shards) requireSize(folder, shard);
  return new ShardedStore(folder, manifest);
}

function damaged(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is damaged: ${what}. Harvest the store again, or copy this shard again.`);
}

function requireSize(folder: string, shard: StoreShard): void {
  const path = join(folder, shard.file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw damaged(path, 'it is missing');
  if (stat.size !== shard.bytes) throw damaged(path, `it has ${stat.size} bytes and the manifest says ${shard.bytes}`);
}

/** Opens one shard and checks that it holds what the manifest says it holds. */
export function openShard(folder: string, manifest: StoreManifest, shard: StoreShard): SafetensorsFile {
  const file = openSafetensors(join(folder, shard.file));
  for (const { name, dtype, shape } of shardSpecs(manifest, shard.contexts)) {
    const entry = file.entries.get(name);
    if (entry?.dtype === dtype && entry.shape.join() === shape.join()) continue;
    file.close();
    const found = entry === undefined ? 'is missing' : `is ${entry.dtype} [${entry.shape.join(', ')}]`;
    throw damaged(file.path, `${name} ${found} and should be ${dtype} [${shape.join(', ')}]`);
  }
  return file;
}

/** Half-precision values read at once: small enough that they are still in the cache when they are decoded. */
const sliceElements = 1 << 16;
/** Fresh memory for each slice would cost as much as decoding it. */
const slice = new Uint16Array(sliceElements);

/** Elements from `first` of a tensor into `out`, which says how many. */
function readRows(file: SafetensorsFile, name: string, first: number, out: Float32Array): void {
  if (file.entries.get(name)!.dtype !== 'F16') return out.set(file.readFloat32(name, first, out.length));
  for (let done = 0; done < out.length; done += sliceElements) {
    const count = Math.min(sliceElements, out.length - done);
    decodeFloat16(file.readFloat16Bits(name, first + done, count, slice), out.subarray(done, done + count));
  }
}

class ShardedStore implements ActivationStore {
  readonly folder: string;
  readonly manifest: StoreManifest;
  /** Shard index -> open file, least recently used first. */
  readonly #files = new Map<number, SafetensorsFile>();
  #closed = false;

  constructor(folder: string, manifest: StoreManifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  tokens(firstContext: number, count: number): Int32Array {
    return this.#integers('tokens', firstContext, count);
  }

  documents(firstContext: number, count: number): Int32Array {
    return this.#integers('documents', firstContext, count);
  }

  mask(firstContext: number, count: number): Uint8Array {
    return rowMask(this.manifest, this.tokens(firstContext, count), this.documents(firstContext, count));
  }

  activations(hook: string, firstContext: number, count: number, reuse?: Float32Array): Float32Array {
    const width = hookOf(this, hook).d * this.manifest.contextLength;
    const length = this.#checked(firstContext, count) * width;
    const out = reuse !== undefined && reuse.length >= length ? reuse.subarray(0, length) : new Float32Array(length);
    this.#eachShard(firstContext, count, (file, first, contexts, done) => {
      readRows(file, hookTensor(hook), first * width, out.subarray(done * width, (done + contexts) * width));
    });
    return out;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    this.#closed = true;
  }

  #integers(name: 'tokens' | 'documents', firstContext: number, count: number): Int32Array {
    const { contextLength } = this.manifest;
    const out = new Int32Array(this.#checked(firstContext, count) * contextLength);
    this.#eachShard(firstContext, count, (file, first, contexts, done) => {
      out.set(file.readInt32(name, first * contextLength, contexts * contextLength), done * contextLength);
    });
    return out;
  }

  #checked(firstContext: number, count: number): number {
    if (this.#closed) throw new LoupeError('disposed', `the store ${this.folder} was closed and cannot be read any more.`);
    checkRange(this.manifest, firstContext, count);
    return count;
  }

  /** Calls `read` for each shard's part of the range: first context within the shard, contexts, contexts already done. */
  #eachShard(firstContext: number, count: number, read: (file: SafetensorsFile, first: number, contexts: number, done: number) => void): void {
    let done = 0;
    for (let index = shardAt(this.manifest.shards, firstContext); done < count; index++) {
      const shard = this.manifest.shards[index]!;
      const first = firstContext + done - shard.firstContext;
      const contexts = Math.min(count - done, shard.contexts - first);
      read(this.#file(index), first, contexts, done);
      done += contexts;
    }
  }

  #file(index: number): SafetensorsFile {
    const file = this.#files.get(index) ?? openShard(this.folder, this.manifest, this.manifest.shards[index]!);
    this.#files.delete(index);
    this.#files.set(index, file);
    if (this.#files.size > openShards) {
      const [oldest, stale] = this.#files.entries().next().value!;
      stale.close();
      this.#files.delete(oldest);
    }
    return file;
  }
}

/** The hook's entry in the manifest. Kind not-found names the nearest. */
export function hookOf(store: { readonly folder: string; readonly manifest: StoreManifest }, hook: string): StoreManifest['hooks'][number] {
  const found = store.manifest.hooks.find(({ name }) => name === hook);
  if (found !== undefined) return found;
  const names = store.manifest.hooks.map(({ name }) => name);
  const near = nearestName(hook, names);
  throw new LoupeError('not-found', `the store ${store.folder} has no activations at ${hook}; it has ${names.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
}

/** Kind bad-request when contexts [first, first + count) are not all in the store. */
export function checkRange(manifest: StoreManifest, firstContext: number, count: number): void {
  const fits = Number.isSafeInteger(firstContext) && Number.isSafeInteger(count) && firstContext >= 0 && count >= 0 && firstContext + count <= manifest.contexts;
  if (!fits) throw new LoupeError('bad-request', `contexts ${firstContext} to ${firstContext + count} are not in this store, which has ${manifest.contexts}.`);
}

/** Index of the shard that holds `context`, by bisection; shards are in order and without gaps. */
function shardAt(shards: readonly StoreShard[], context: number): number {
  let [low, high] = [0, shards.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (shards[middle]!.firstContext <= context) low = middle;
    else high = middle - 1;
  }
  return low;
}
