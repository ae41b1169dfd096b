/**
 * A shuffling source over one or several activation stores.
 *
 * Each pass over the data (epoch) puts the contexts in a seeded order and cuts it into chunks; the rows of a chunk are loaded and
 * shuffled together. So the place in the data is three numbers, and any place can be reached by loading one chunk.
 */
import { LoupeError } from '../../shared/errors.ts';
import { Random } from '../random.ts';
import type { ActivationStore } from '../store/types.ts';
import { copyRows, emptyParts, gatherRows, sliceRows, stackRows, type RowParts } from './row-parts.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from './source.ts';
import { chooseColumns, readColumns, type ColumnOptions, type StoreColumns } from './store-columns.ts';

export interface StoreSourceOptions extends ColumnOptions {
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
  /** float32 [rows, width] each, shuffled */
  readonly parts: RowParts;
  readonly rows: number;
  /** Which context and position a row came from, [rows, 2]. */
  readonly origins: Int32Array;
}

/** Rows at a time when held-out data are read. */
const heldOutContexts = 16;

export class StoreSource implements ActivationSource {
  readonly dIn: number;
  readonly dOut: number;
  readonly sources: number;
  readonly identity: SourceIdentity;
  /** Where a target hook is named. */
  readonly sampleTargets?: (rows: number) => Promise<Float32Array>;
  readonly #stores: readonly ActivationStore[];
  readonly #options: StoreSourceOptions;
  readonly #columns: StoreColumns;
  readonly #training: readonly ContextPlace[];
  readonly #held: readonly ContextPlace[];
  #order: Uint32Array | null = null;
  #chunk: Chunk | null = null;
  #memory: RowParts | null = null;
  /** One context as it is read. */
  readonly #scratch: RowParts;
  #epoch = 0;
  #index = 0;
  #offset = 0;

  /** Takes the stores over: `close` closes them. Kinds: mismatch, not-found, bad-request. */
  constructor(stores: readonly ActivationStore[], options: StoreSourceOptions) {
    this.#stores = stores;
    this.#options = options;
    this.#columns = chooseColumns(stores, options);
    const { columns, widths, identity } = this.#columns;
    this.dIn = widths.x;
    this.dOut = widths.y ?? widths.x;
    this.sources = columns.x!.length;
    this.identity = identity;
    if (widths.y !== undefined) this.sampleTargets = (rows) => Promise.resolve(this.#sample(rows).y!);
    const places = stores.flatMap((store, s) => Array.from({ length: store.manifest.contexts }, (_, context) => ({ store: s, context })));
    const { contextLength } = identity;
    this.#scratch = emptyParts(widths, contextLength);
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
    const within = this.#withinChunk(rows);
    if (within !== null) return Promise.resolve(within);
    const parts = emptyParts(this.#columns.widths, rows);
    const origins = new Int32Array(rows * 2);
    let filled = 0;
    for (let empty = 0; filled < rows; ) {
      const chunk = this.#currentChunk();
      const left = chunk.rows - this.#offset;
      if (left <= 0) {
        empty = chunk.rows === 0 ? empty + 1 : 0;
        if (empty > this.#chunkCount()) throw this.#nothingUnmasked();
        this.#advance();
        continue;
      }
      const count = Math.min(left, rows - filled);
      copyRows(this.#columns.widths, chunk.parts, this.#offset, count, parts, filled);
      origins.set(chunk.origins.subarray(2 * this.#offset, 2 * (this.#offset + count)), 2 * filled);
      filled += count;
      this.#offset += count;
    }
    return Promise.resolve(this.#batch(parts, origins, rows));
  }

  /** The next batch as a part of the chunk's own memory, where it lies in one chunk. */
  #withinChunk(rows: number): ActivationBatch | null {
    const chunk = this.#currentChunk();
    const [first, end] = [this.#offset, this.#offset + rows];
    if (end > chunk.rows) return null;
    this.#offset = end;
    return this.#batch(sliceRows(this.#columns.widths, chunk.parts, first, end), chunk.origins.subarray(2 * first, 2 * end), rows);
  }

  #batch(parts: RowParts, origins: Int32Array, rows: number): ActivationBatch {
    return { ...parts, rows, originOf: (row) => this.#describe(origins[2 * row]!), origins };
  }

  sample(rows: number): Promise<Float32Array> {
    return Promise.resolve(this.#sample(rows).x);
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    for (let i = 0; i < this.#held.length; ) {
      const first = this.#held[i]!;
      let count = 1;
      while (count < heldOutContexts && this.#held[i + count]?.store === first.store) count++;
      yield this.#heldOutRows(first, count);
      i += count;
    }
  }

  close(): void {
    for (const store of [this.#stores, ...(this.#options.beside ?? [])].flat()) store.close();
  }

  /** Rows of contexts spread over the training data, float32 [rows, width] each; refuses what is not finite. */
  #sample(rows: number): RowParts {
    const contexts = Math.min(this.#training.length, Math.max(1, Math.ceil(rows / this.identity.contextLength)));
    const pieces: RowParts[] = [];
    for (let i = 0; i < contexts; i++) {
      const index = Math.floor((i * this.#training.length) / contexts);
      const piece = this.#counted(this.#training[index]!);
      const broken = (value: number): boolean => !Number.isFinite(value);
      const bad = piece.x.find(broken) ?? piece.y?.find(broken);
      if (bad !== undefined) throw new LoupeError('not-finite', `an activation is ${bad} (${this.#describe(index)}). Harvest that part again.`);
      pieces.push(piece);
    }
    return stackRows(this.#columns.widths, pieces);
  }

  #read({ store, context }: ContextPlace, count: number): RowParts {
    return readColumns(this.#columns, store, context, count);
  }

  /** The rows of one context whose mask is 1. */
  #counted(place: ContextPlace): RowParts {
    return gatherRows(this.#columns.widths, this.#read(place, 1), unmaskedRows(this.#maskOf(place)));
  }

  #heldOutRows(place: ContextPlace, count: number): HeldOutRows {
    const { x, y } = this.#read(place, count);
    return { x, rows: x.length / this.dIn, mask: this.#stores[place.store]!.mask(place.context, count), ...(y === undefined ? {} : { y }) };
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
    const { widths } = this.#columns;
    const chunk = { parts: this.#memoryFor(rows), rows, origins: new Int32Array(rows * 2) };
    const random = Random.from(this.#options.seed, `rows of chunk ${this.#index} of epoch ${this.#epoch}`);
    const places = inverse(random.shuffle(Uint32Array.from({ length: rows }, (_, i) => i)));
    let row = 0;
    for (const [c, i] of chosen.entries()) {
      const { store, context } = this.#training[i]!;
      const parts = readColumns(this.#columns, store, context, 1, this.#scratch);
      for (const position of unmaskedRows(masks[c]!)) {
        const place = places[row++]!;
        copyRows(widths, parts, position, 1, chunk.parts, place);
        chunk.origins[2 * place] = i;
        chunk.origins[2 * place + 1] = position;
      }
    }
    return chunk;
  }

  /** Memory of a chunk, that of the one before it where it is enough: fresh pages cost more than the rows that are copied into them. */
  #memoryFor(rows: number): RowParts {
    const { widths } = this.#columns;
    if (this.#memory === null || this.#memory.x.length < rows * widths.x) this.#memory = emptyParts(widths, rows);
    return sliceRows(widths, this.#memory, 0, rows);
  }

  #maskOf(place: ContextPlace): Uint8Array {
    return this.#stores[place.store]!.mask(place.context, 1);
  }

  #describe(index: number): string {
    const { store, context } = this.#training[index]!;
    return `context ${context} of ${this.#stores[store]!.folder}, hook ${this.identity.hookPoint}`;
  }

  #nothingUnmasked(): LoupeError {
    return new LoupeError('bad-file', `every position of ${this.#stores.map((store) => store.folder).join(', ')} is masked: there is nothing to train on. Harvest with longer contexts.`);
  }
}

/** Where each row goes that `order` names: inverse[order[i]] = i. */
function inverse(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) places[order[i]!] = i;
  return places;
}

function countOnes(mask: Uint8Array): number {
  let count = 0;
  for (const value of mask) count += value;
  return count;
}

function unmaskedRows(mask: Uint8Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows.push(row);
  return rows;
}
