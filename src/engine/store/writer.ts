/**
 * Writing an activation store so that a kill at any moment costs seconds and never correctness.
 *
 * `manifest.json` lists the shards that are whole; the shard that grows has its own file and `progress.json`, which says
 * how many of its contexts are surely on disk and where in the corpus the next one begins. Both are replaced atomically.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { writeCode } from '../files/place-errors.ts';
import { lockStore } from './lock.ts';
import { checkManifest, manifestName, readManifest } from './manifest.ts';
import { partialName, ShardWriter, type ContextBatch } from './shard-writer.ts';
import type { CorpusCursor, CorpusIdentity, HarvestSettings, StoreManifest } from './types.ts';

const progressName = 'progress.json';

/** What is not yet known when a store is begun is filled in by the writer. */
export type NewStore = Omit<StoreManifest, 'format' | 'version' | 'contexts' | 'shards' | 'complete' | 'cursor' | 'harvest'> & {
  readonly harvest: HarvestSettings;
};

const progressSchema = z.strictObject({
  shard: z.number().int().nonnegative(),
  contexts: z.number().int().positive(),
  cursor: z.strictObject({ documents: z.number().int(), tokens: z.number().int(), hash: z.string() }),
});
type ShardProgress = z.infer<typeof progressSchema>;

function readProgress(folder: string): ShardProgress | null {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(join(folder, progressName), 'utf8')));
  } catch {
    return null; // Absent, or of another version: the shard is begun again.
  }
}

/** Writes the manifest with its fields in the schema's order, so that equal stores are equal files. */
function writeManifest(folder: string, manifest: StoreManifest): StoreManifest {
  const path = join(folder, manifestName);
  const ordered = checkManifest(manifest, path);
  writeJsonAtomic(path, ordered);
  return ordered;
}

/** Parts of a manifest that decide every byte of the store; a harvest only continues a store that agrees in all of them. */
function identityOf(store: NewStore | StoreManifest): Record<string, unknown> {
  const { model, hooks, dtype, contextLength, prependBos, isolate, specialTokenIds, seed, harvest, corpus } = store;
  return {
    model: model.hash, tokenizer: model.tokenizerHash, hooks: hooks.map(({ name }) => name), dtype, contextLength, prependBos, isolate,
    specialTokenIds, seed, corpus: corpus.name, ...harvest,
  };
}

function requireSame(folder: string, found: StoreManifest, wanted: NewStore): void {
  const [there, asked] = [identityOf(found), identityOf(wanted)];
  const differing = Object.keys(asked).filter((key) => JSON.stringify(there[key]) !== JSON.stringify(asked[key]));
  if (differing.length === 0) return;
  const parts = differing.map((key) => `${key} ${JSON.stringify(there[key])} and not ${JSON.stringify(asked[key])}`);
  throw new LoupeError('conflict', `out: ${folder} holds a store with ${parts.join(', ')}. Choose another folder, or the same settings to continue it.`);
}

/** Makes the folder and locks it. Kinds: read-only, conflict (a file is in the way), locked. */
function takeFolder(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true });
    return lockStore(folder);
  } catch (cause) {
    const code = writeCode(folder, (cause as NodeJS.ErrnoException).code);
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new LoupeError('conflict', `out: ${folder} is, or lies in, a file. Choose another folder.`, undefined, { cause });
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new LoupeError('read-only', `out: ${folder} cannot be written (${code}). Choose another folder.`, undefined, { cause });
    }
    throw cause;
  }
}

/** Begins the store in `folder`, or continues the one that is there. Kinds: conflict (another store, other files), locked. */
export function openStoreWriter(folder: string, store: NewStore, totalContexts: number): StoreWriter {
  const unlock = takeFolder(folder);
  try {
    if (existsSync(join(folder, manifestName))) {
      const manifest = readManifest(folder);
      requireSame(folder, manifest, store);
      return new StoreWriter(folder, manifest, totalContexts, unlock);
    }
    const strangers = readdirSync(folder).filter((name) => name !== 'writer.lock' && !name.endsWith('.partial'));
    if (strangers.length > 0) throw new LoupeError('conflict', `out: ${folder} is no store and not empty (${strangers[0]}). Choose a new folder.`);
    const manifest: StoreManifest = { format: 'loupe-activations', version: 1, ...store, contexts: 0, shards: [], complete: false };
    return new StoreWriter(folder, writeManifest(folder, manifest), totalContexts, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

export class StoreWriter {
  readonly folder: string;
  readonly #total: number;
  readonly #unlock: () => void;
  #manifest: StoreManifest;
  #shard: ShardWriter | null = null;
  #cursor: CorpusCursor | null;

  constructor(folder: string, manifest: StoreManifest, totalContexts: number, unlock: () => void) {
    this.folder = folder;
    this.#manifest = manifest;
    this.#total = totalContexts;
    this.#unlock = unlock;
    this.#cursor = manifest.cursor ?? null;
    if (!manifest.complete) this.#recover();
  }

  get manifest(): StoreManifest {
    return this.#manifest;
  }

  /** Contexts written, those of the growing shard included. */
  get contexts(): number {
    return this.#manifest.contexts + (this.#shard?.contexts ?? 0);
  }

  /** Where the next context begins; null at the very start. */
  get cursor(): CorpusCursor | null {
    return this.#cursor;
  }

  /** Contexts that still fit the growing shard: a batch may not be longer. */
  get room(): number {
    return this.#shard === null ? this.#capacity() : this.#shard.capacity - this.#shard.contexts;
  }

  /** Appends contexts; `cursor` says where the context after them begins. */
  async append(batch: ContextBatch, cursor: CorpusCursor): Promise<void> {
    this.#shard ??= new ShardWriter(this.folder, this.#manifest, this.#manifest.shards.length, this.#capacity());
    this.#shard.append(batch);
    this.#cursor = cursor;
    if (this.#shard.full) await this.#closeShard();
  }

  /** Makes what was appended survive a kill and a power cut. */
  flush(): void {
    if (this.#shard === null || this.#cursor === null) return;
    this.#shard.sync();
    const progress: ShardProgress = { shard: this.#shard.index, contexts: this.#shard.contexts, cursor: this.#cursor };
    writeJsonAtomic(join(this.folder, progressName), progress);
  }

  /** The store is whole. Returns its manifest. */
  async finish(corpus: CorpusIdentity): Promise<StoreManifest> {
    if (this.#shard !== null) await this.#closeShard();
    const { cursor: _, ...manifest } = this.#manifest;
    this.#save({ ...manifest, corpus, complete: true });
    return this.#manifest;
  }

  /** Removes the growing shard; the whole ones stay. For a full disk. */
  discardShard(): void {
    this.#shard?.discard();
    this.#shard = null;
    rmSync(join(this.folder, progressName), { force: true });
  }

  /** Gives the store back. What was not flushed is done again by the next run; a store of nothing is removed. */
  close(): void {
    const empty = this.contexts === 0;
    if (empty) this.discardShard();
    this.#shard?.close();
    this.#shard = null;
    if (empty) rmSync(join(this.folder, manifestName), { force: true });
    this.#unlock();
    if (empty && readdirSync(this.folder).length === 0) rmdirSync(this.folder);
  }

  #capacity(): number {
    return Math.min(this.#manifest.harvest!.shardContexts, this.#total - this.#manifest.contexts);
  }

  async #closeShard(): Promise<void> {
    const shard = await this.#shard!.finish(this.#manifest.contexts);
    this.#shard = null;
    const { shards, contexts } = this.#manifest;
    this.#save({ ...this.#manifest, shards: [...shards, shard], contexts: contexts + shard.contexts, cursor: this.#cursor! });
    rmSync(join(this.folder, progressName), { force: true });
  }

  #save(manifest: StoreManifest): void {
    this.#manifest = writeManifest(this.folder, manifest);
  }

  /** Takes the partial shard up again where it is sure, and removes what a killed run left aside. */
  #recover(): void {
    const index = this.#manifest.shards.length;
    const progress = readProgress(this.folder);
    if (progress !== null && progress.shard === index && progress.contexts < this.#capacity()) this.#resumeShard(progress);
    const kept = this.#shard === null ? null : partialName(index);
    for (const name of readdirSync(this.folder)) {
      if (name.endsWith('.partial') && name !== kept) rmSync(join(this.folder, name), { force: true });
    }
    if (this.#shard === null) rmSync(join(this.folder, progressName), { force: true });
  }

  #resumeShard({ shard, contexts, cursor }: ShardProgress): void {
    if (!existsSync(join(this.folder, partialName(shard)))) return;
    try {
      this.#shard = new ShardWriter(this.folder, this.#manifest, shard, this.#capacity(), contexts);
      this.#cursor = cursor;
    } catch (error) {
      if (!(error instanceof LoupeError) || error.kind !== 'bad-file') throw error;
    }
  }
}
