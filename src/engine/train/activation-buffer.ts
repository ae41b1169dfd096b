/**
 * A shuffling source over one or several activation stores.
 *
 * Each pass over the data (epoch) puts the contexts in a seeded order and cuts it into chunks; the rows of a chunk are loaded and
 * shuffled together. So the place in the data is three numbers, and any place can be reached by loading one chunk.
 */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { Random } from '../random.ts';
import type { ActivationStore } from '../store/types.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from './source.ts';

export interface StoreSourceOptions {
  /** Hook to train at; null where the stores have only one. */
  readonly hookPoint: string | null;
  readonly seed: number;
  /** Rows shuffled together. */
  readonly bufferRows: number;
  /** Last tokens that are never trained on; whole contexts are kept. */
  readonly heldOut: number;
}

interface ContextPlace {
  readonly store: number;
  readonly context: number;
}

interface Chunk {
  /** float32 [rows, dIn] in the order of the contexts */
  readonly x: Float32Array;
  /** The shuffled order of rows. */
  readonly order: Uint32Array;
  /** Which context and position a row came from, [rows, 2]. */
  readonly origins: Int32Array;
}

/** Rows at a time when held-out data are read. */
const heldOutContexts = 16;

export class StoreSource implements ActivationSource {
  readonly dIn: number;
  readonly identity: SourceIdentity;
  readonly #stores: readonly ActivationStore[];
  readonly #options: StoreSourceOptions;
  readonly #hook: string;
  readonly #training: readonly ContextPlace[];
  readonly #held: readonly ContextPlace[];
  #order: Uint32Array | null = null;
  #chunk: Chunk | null = null;
  #epoch = 0;
  #index = 0;
  #offset = 0;

  /** Takes the stores over: `close` closes them. Kinds: mismatch, not-found, bad-request. */
  constructor(stores: readonly ActivationStore[], options: StoreSourceOptions) {
    this.#stores = stores;
    this.#options = options;
    this.#hook = chooseHook(stores, options.hookPoint);
    this.dIn = commonWidth(stores, this.#hook);
    this.identity = identityOf(stores, this.#hook);
    const places = stores.flatMap((store, s) => Array.from({ length: store.manifest.contexts }, (_, context) => ({ store: s, context })));
    const contextLength = this.identity.contextLength;
    const held = Math.min(places.length, Math.ceil(options.heldOut / contextLength));
    this.#training = places.slice(0, places.length - held);
    this.#held = places.slice(places.length - held);
    if (this.#training.length > 0) return;
    const tokens = places.length * contextLength;
    throw new LoupeError('bad-request', `heldOut is ${options.heldOut} and the stores have ${tokens} tokens: nothing is left to train on. Harvest more, or hold out less.`);
  }

  get position(): SourcePosition {
    return { epoch: this.#epoch, chunk: this.#index, offset: this.#offset };
  }

  seek(position: SourcePosition): Promise<void> {
    const [epoch, chunk, offset] = [position['epoch'], position['chunk'], position['offset']];
    if (typeof epoch !== 'number' || typeof chunk !== 'number' || typeof offset !== 'number') {
      throw new LoupeError('bad-file', `the checkpoint's place in the data is ${JSON.stringify(position)}: it was made with another kind of source`);
    }
    [this.#epoch, this.#index, this.#offset] = [epoch, chunk, offset];
    this.#order = null;
    this.#chunk = null;
    return Promise.resolve();
  }

  next(rows: number): Promise<ActivationBatch> {
    const x = new Float32Array(rows * this.dIn);
    const origins = new Int32Array(rows * 2);
    let filled = 0;
    for (let empty = 0; filled < rows; ) {
      const chunk = this.#currentChunk();
      const left = chunk.order.length - this.#offset;
      if (left <= 0) {
        empty = chunk.order.length === 0 ? empty + 1 : 0;
        if (empty > this.#chunkCount()) throw this.#nothingUnmasked();
        this.#advance();
        continue;
      }
      const count = Math.min(left, rows - filled);
      this.#copyRows(chunk, count, x, filled, origins);
      filled += count;
      this.#offset += count;
    }
    return Promise.resolve({ x, rows, originOf: (row) => this.#describe(origins[2 * row]!), origins });
  }

  sample(rows: number): Promise<Float32Array> {
    const contexts = Math.min(this.#training.length, Math.max(1, Math.ceil(rows / this.identity.contextLength)));
    const parts: Float32Array[] = [];
    for (let i = 0; i < contexts; i++) {
      const index = Math.floor((i * this.#training.length) / contexts);
      const place = this.#training[index]!;
      const { x, mask } = this.#read(place, 1);
      const kept = unmasked(x, mask, this.dIn);
      const bad = kept.find((value) => !Number.isFinite(value));
      if (bad !== undefined) throw new LoupeError('not-finite', `an activation is ${bad} (${this.#describe(index)}). Harvest that part again.`);
      parts.push(kept);
    }
    return Promise.resolve(concatenate(parts));
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    for (let i = 0; i < this.#held.length; ) {
      const first = this.#held[i]!;
      let count = 1;
      while (count < heldOutContexts && this.#held[i + count]?.store === first.store) count++;
      yield this.#read(first, count);
      i += count;
    }
  }

  close(): void {
    for (const store of this.#stores) store.close();
  }

  #read(place: ContextPlace, count: number): HeldOutRows {
    const store = this.#stores[place.store]!;
    const x = store.activations(this.#hook, place.context, count);
    return { x, rows: x.length / this.dIn, mask: store.mask(place.context, count) };
  }

  #contextsPerChunk(): number {
    return Math.max(1, Math.ceil(this.#options.bufferRows / this.identity.contextLength));
  }

  #chunkCount(): number {
    return Math.ceil(this.#training.length / this.#contextsPerChunk());
  }

  #advance(): void {
    this.#chunk = null;
    this.#offset = 0;
    this.#index++;
    if (this.#index < this.#chunkCount()) return;
    this.#index = 0;
    this.#epoch++;
    this.#order = null;
  }

  #epochOrder(): Uint32Array {
    const random = Random.from(this.#options.seed, `contexts of epoch ${this.#epoch}`);
    this.#order ??= random.shuffle(Uint32Array.from({ length: this.#training.length }, (_, i) => i));
    return this.#order;
  }

  #currentChunk(): Chunk {
    this.#chunk ??= this.#loadChunk();
    return this.#chunk;
  }

  #loadChunk(): Chunk {
    const perChunk = this.#contextsPerChunk();
    const chosen = this.#epochOrder().subarray(this.#index * perChunk, (this.#index + 1) * perChunk);
    const masks = Array.from(chosen, (i) => this.#maskOf(this.#training[i]!));
    const rows = masks.reduce((sum, mask) => sum + countOnes(mask), 0);
    const chunk = { x: new Float32Array(rows * this.dIn), order: new Uint32Array(rows), origins: new Int32Array(rows * 2) };
    let row = 0;
    for (const [c, i] of chosen.entries()) {
      const { x } = this.#read(this.#training[i]!, 1);
      const mask = masks[c]!;
      for (let r = 0; r < mask.length; r++) {
        if (mask[r] === 0) continue;
        chunk.x.set(x.subarray(r * this.dIn, (r + 1) * this.dIn), row * this.dIn);
        chunk.order[row] = row;
        chunk.origins[2 * row] = i;
        chunk.origins[2 * row++ + 1] = r;
      }
    }
    Random.from(this.#options.seed, `rows of chunk ${this.#index} of epoch ${this.#epoch}`).shuffle(chunk.order);
    return chunk;
  }

  #maskOf(place: ContextPlace): Uint8Array {
    return this.#stores[place.store]!.mask(place.context, 1);
  }

  #copyRows(chunk: Chunk, count: number, x: Float32Array, at: number, origins: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const row = chunk.order[this.#offset + i]!;
      x.set(chunk.x.subarray(row * this.dIn, (row + 1) * this.dIn), (at + i) * this.dIn);
      origins[2 * (at + i)] = chunk.origins[2 * row]!;
      origins[2 * (at + i) + 1] = chunk.origins[2 * row + 1]!;
    }
  }

  #describe(index: number): string {
    const { store, context } = this.#training[index]!;
    return `context ${context} of ${this.#stores[store]!.folder}, hook ${this.#hook}`;
  }

  #nothingUnmasked(): LoupeError {
    return new LoupeError('bad-file', `every position of ${this.#stores.map((store) => store.folder).join(', ')} is masked: there is nothing to train on. Harvest with longer contexts.`);
  }
}

function countOnes(mask: Uint8Array): number {
  let count = 0;
  for (const value of mask) count += value;
  return count;
}

/** Rows of float32 [rows, d] whose mask is 1. */
export function unmasked(x: Float32Array, mask: Uint8Array, d: number): Float32Array {
  const out = new Float32Array(countOnes(mask) * d);
  let at = 0;
  for (let row = 0; row < mask.length; row++) {
    if (mask[row] === 0) continue;
    out.set(x.subarray(row * d, (row + 1) * d), at);
    at += d;
  }
  return out;
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function chooseHook(stores: readonly ActivationStore[], asked: string | null): string {
  const first = stores[0];
  if (first === undefined) throw new LoupeError('bad-request', 'activations names no store: give at least one folder');
  const names = first.manifest.hooks.map((hook) => hook.name);
  if (asked === null) {
    if (names.length === 1) return names[0]!;
    throw new LoupeError('bad-request', `${first.folder} holds several hooks: set hookPoint to one of ${names.join(', ')}`);
  }
  for (const store of stores) {
    const own = store.manifest.hooks.map((hook) => hook.name);
    if (own.includes(asked)) continue;
    const near = nearestName(asked, own);
    throw new LoupeError('not-found', `${store.folder} has no hook ${asked}${near === undefined ? '' : `; did you mean ${near}?`} It has ${own.join(', ')}.`);
  }
  return asked;
}

function commonWidth(stores: readonly ActivationStore[], hook: string): number {
  const widths = stores.map((store) => store.manifest.hooks.find(({ name }) => name === hook)?.d ?? 0);
  const other = widths.findIndex((width) => width !== widths[0]);
  if (other === -1) return widths[0]!;
  throw new LoupeError('mismatch', `${hook} is ${widths[0]} wide in ${stores[0]!.folder} and ${widths[other]} in ${stores[other]!.folder}: train on stores of one model`);
}

function identityOf(stores: readonly ActivationStore[], hookPoint: string): SourceIdentity {
  const { model, corpus, contextLength, prependBos } = stores[0]!.manifest;
  for (const { folder, manifest } of stores) {
    if (manifest.model.hash === model.hash && manifest.contextLength === contextLength) continue;
    const what = manifest.model.hash === model.hash ? `contexts of ${manifest.contextLength} tokens` : `the model ${manifest.model.name}`;
    throw new LoupeError('mismatch', `${folder} holds ${what}, unlike ${stores[0]!.folder}: train on stores that were harvested alike`);
  }
  const sources = [...new Set(stores.flatMap((store) => store.manifest.corpus.sources))];
  return { model, corpus: { ...corpus, sources }, hookPoint, contextLength, prependBos };
}
