/**
 * Training without a store: activations from the model as training goes, shuffled through a mixing buffer.
 *
 * The contexts of the corpus are cut into chunks. A seeded shuffle halves the rows of each chunk, and stage i serves the second
 * half of chunk i - 1 mixed with the first half of chunk i. So each row is mixed with rows of both neighbouring chunks, and yet any
 * place in the data can be reached again by running the model over two chunks: a resumed training sees the same rows.
 */
import { setImmediate } from 'node:timers/promises';
import { LoupeError } from '../../shared/errors.ts';
import type { Corpus } from '../corpora/definition.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { Random } from '../random.ts';
import { rowMask } from '../store/mask.ts';
import type { CorpusCursor, StoreHook } from '../store/types.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';
import { forward, stack } from './forward.ts';
import { corpusStart, packContexts, type PackedContext } from './pack.ts';
import { orderedDocuments } from './run.ts';

export interface StreamOptions {
  readonly hookPoint: string;
  /** tokens */
  readonly contextLength: number;
  /** Contexts in one forward pass. */
  readonly batch: number;
  /** Attention stays within each document. */
  readonly isolate: boolean;
  readonly shuffleDocuments: boolean;
  readonly seed: number;
  /** Rows of a chunk: what is shuffled together. */
  readonly bufferRows: number;
  /** First tokens of the corpus that are never trained on; whole contexts are kept. */
  readonly heldOut: number;
  readonly signal?: AbortSignal;
}

/** Rows that count, with the context that each came from. */
interface Rows {
  /** float32 [rows, dIn] */
  readonly x: Float32Array;
  /** Number of the context within its epoch. */
  readonly contexts: Uint32Array;
}

/** Where a chunk begins. */
interface ChunkStart {
  readonly epoch: number;
  /** Contexts of the epoch before it, held-out ones included. */
  readonly context: number;
  readonly cursor: CorpusCursor;
}

interface Chunk {
  readonly rows: Rows;
  /** Where the chunk after it begins. */
  readonly next: ChunkStart;
}

/** A pass over the contexts of the corpus, from some place on. */
interface Reading {
  readonly contexts: AsyncGenerator<PackedContext>;
  place: ChunkStart;
}

const none: Rows = { x: new Float32Array(0), contexts: new Uint32Array(0) };

export class StreamSource implements ActivationSource {
  readonly dIn: number;
  readonly #model: LanguageModel;
  readonly #corpus: Corpus;
  readonly #options: StreamOptions;
  readonly #hook: StoreHook;
  readonly #heldContexts: number;
  #reading: Reading | null = null;
  #held: HeldOutRows[] | null = null;
  /** Where training begins, in every epoch: behind the held-out contexts. */
  #begin: CorpusCursor | null = null;
  #furthest: CorpusCursor = corpusStart;
  #stage = 0;
  #offset = 0;
  #before: ChunkStart | null = null;
  #current: ChunkStart | null = null;
  #pool: Rows | null = null;
  #following: { readonly kept: Rows; readonly next: ChunkStart } | null = null;

  /** Takes the model over: `close` disposes it. Kinds: not-found (a hook), bad-config (the context is too long). */
  constructor(model: LanguageModel, corpus: Corpus, options: StreamOptions) {
    if (options.contextLength > model.config.contextLength) {
      throw new LoupeError('bad-config', `contextLength: ${options.contextLength} is more than ${model.config.name} takes (${model.config.contextLength}). Lower it.`);
    }
    this.#model = model;
    this.#corpus = corpus;
    this.#options = options;
    this.#hook = { name: options.hookPoint, d: model.hookWidth(options.hookPoint) };
    this.dIn = this.#hook.d;
    this.#heldContexts = Math.ceil(options.heldOut / options.contextLength);
  }

  get identity(): SourceIdentity {
    const { name, sources } = this.#corpus;
    const { documents, hash } = this.#furthest;
    return {
      model: this.#model.identity, corpus: { name, sources, documents, hash }, hookPoint: this.#hook.name,
      contextLength: this.#options.contextLength, prependBos: this.#model.tokenizer.prependsBos,
    };
  }

  get position(): SourcePosition {
    const places = [this.#before, this.#current].map((start) => (start === null ? '' : JSON.stringify(start)));
    return { stage: this.#stage, offset: this.#offset, before: places[0]!, current: places[1]! };
  }

  seek({ stage, offset, before, current }: SourcePosition): Promise<void> {
    if (typeof stage !== 'number' || typeof offset !== 'number' || typeof before !== 'string' || typeof current !== 'string') {
      throw new LoupeError('bad-file', "the checkpoint's place in the data was made with another kind of source");
    }
    const start = (text: string): ChunkStart | null => (text === '' ? null : (JSON.parse(text) as ChunkStart));
    [this.#stage, this.#offset, this.#before, this.#current] = [stage, offset, start(before), start(current)];
    [this.#pool, this.#following] = [null, null];
    return Promise.resolve();
  }

  async next(rows: number): Promise<ActivationBatch> {
    const x = new Float32Array(rows * this.dIn);
    const origins = new Uint32Array(rows);
    for (let filled = 0; filled < rows; ) {
      const pool = await this.#loadedPool();
      const count = Math.min(rows - filled, pool.contexts.length - this.#offset);
      x.set(pool.x.subarray(this.#offset * this.dIn, (this.#offset + count) * this.dIn), filled * this.dIn);
      origins.set(pool.contexts.subarray(this.#offset, this.#offset + count), filled);
      filled += count;
      this.#offset += count;
    }
    return { x, rows, originOf: (row) => `context ${origins[row]} of the corpus ${this.#corpus.name}, hook ${this.#hook.name}` };
  }

  async sample(rows: number): Promise<Float32Array> {
    const chunk = await this.#loadChunk(await this.#firstChunk(), rows);
    return chunk.rows.x.slice(0, rows * this.dIn);
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    yield* (await this.#heldOutRows());
  }

  close(): void {
    void this.#reading?.contexts.return(undefined);
    this.#reading = null;
    this.#model.dispose();
  }

  /** The rows of the current stage, with at least one left to serve. */
  async #loadedPool(): Promise<Rows> {
    for (let empty = 0; empty < 3; ) {
      this.#pool ??= await this.#loadStage();
      if (this.#offset < this.#pool.contexts.length) return this.#pool;
      if (this.#pool.contexts.length === 0) empty++;
      await this.#advance();
    }
    throw new LoupeError('bad-request', `corpus: ${this.#corpus.name} gives no token to train on behind the ${this.#options.heldOut} held-out ones. Give more text, or hold out less.`);
  }

  async #advance(): Promise<void> {
    const { kept, next } = this.#following!;
    [this.#before, this.#current] = [this.#current, next];
    this.#stage++;
    this.#offset = 0;
    this.#pool = await this.#mix(kept);
  }

  /** The stage again from nothing: over the chunk before it, and over its own. */
  async #loadStage(): Promise<Rows> {
    this.#current ??= await this.#firstChunk();
    const kept = this.#before === null ? none : halves((await this.#loadChunk(this.#before)).rows, this.#random(`chunk ${this.#stage - 1}`), this.dIn)[1];
    return this.#mix(kept);
  }

  /** Loads the current chunk and mixes its first half with `kept`; its second half is kept for the next stage. */
  async #mix(kept: Rows): Promise<Rows> {
    const chunk = await this.#loadChunk(this.#current!);
    const [served, rest] = halves(chunk.rows, this.#random(`chunk ${this.#stage}`), this.dIn);
    this.#following = { kept: rest, next: chunk.next };
    return shuffledRows([kept, served], this.#random(`stage ${this.#stage}`), this.dIn);
  }

  #random(what: string): Random {
    return Random.from(this.#options.seed, `stream ${what}`);
  }

  async #firstChunk(): Promise<ChunkStart> {
    await this.#heldOutRows();
    return { epoch: 0, context: this.#heldContexts, cursor: this.#begin! };
  }

  async #heldOutRows(): Promise<readonly HeldOutRows[]> {
    if (this.#held !== null) return this.#held;
    const held: HeldOutRows[] = [];
    let [cursor, done] = [corpusStart, 0];
    const reading = this.#open({ epoch: 0, context: 0, cursor });
    try {
      while (done < this.#heldContexts) {
        const contexts = await take(reading.contexts, Math.min(this.#options.batch, this.#heldContexts - done));
        if (contexts.length === 0) break;
        const { x, mask } = await this.#run(contexts, done);
        held.push({ x, mask, rows: mask.length });
        done += contexts.length;
        cursor = contexts.at(-1)!.after;
      }
    } finally {
      await reading.contexts.return(undefined);
    }
    [this.#held, this.#begin] = [held, cursor];
    return held;
  }

  #open(place: ChunkStart): Reading {
    const documents = orderedDocuments(this.#corpus, this.#options.shuffleDocuments, this.#options.seed);
    return { contexts: packContexts(documents, this.#model.tokenizer, this.#options, place.cursor), place };
  }

  /** Goes on reading where the last chunk ended, or reads the corpus again up to `place`. */
  async #readingAt(place: ChunkStart): Promise<Reading> {
    const { place: at } = this.#reading ?? { place: null };
    if (this.#reading !== null && at!.epoch === place.epoch && at!.context === place.context) return this.#reading;
    await this.#reading?.contexts.return(undefined);
    return (this.#reading = this.#open(place));
  }

  /** The rows of the chunk that begins at `start`; at the end of the corpus the chunk ends, and the next begins a new epoch. */
  async #loadChunk(start: ChunkStart, rows = this.#options.bufferRows): Promise<Chunk> {
    const wanted = Math.max(1, Math.ceil(rows / this.#options.contextLength));
    const reading = await this.#readingAt(start);
    const parts: Rows[] = [];
    let next = start;
    for (let done = 0; done < wanted; ) {
      const contexts = await take(reading.contexts, Math.min(this.#options.batch, wanted - done));
      if (contexts.length === 0) {
        next = { epoch: start.epoch + 1, context: this.#heldContexts, cursor: this.#begin ?? (await this.#firstChunk()).cursor };
        break;
      }
      const { x, mask } = await this.#run(contexts, next.context);
      parts.push(counted(x, mask, next.context, this.#options.contextLength, this.dIn));
      done += contexts.length;
      next = { epoch: start.epoch, context: start.context + done, cursor: contexts.at(-1)!.after };
      if (start.epoch === 0 && next.cursor.documents > this.#furthest.documents) this.#furthest = next.cursor;
    }
    reading.place = next;
    if (next.epoch !== start.epoch) this.#reading = null;
    return { rows: joined(parts, this.dIn), next };
  }

  async #run(contexts: readonly PackedContext[], firstContext: number): Promise<{ readonly x: Float32Array; readonly mask: Uint8Array }> {
    if (this.#options.signal?.aborted === true) throw new LoupeError('cancelled', 'The training was stopped while its buffer was filled. Run it again to go on.');
    await setImmediate(); // Cancel requests and pings are heard between two forward passes.
    const { contextLength, isolate } = this.#options;
    const batch = forward(this.#model, [this.#hook], stack(contexts, contextLength), firstContext, { contextLength, isolate, dtype: 'float32' });
    const specialTokenIds = [...this.#model.tokenizer.specialTokenIds];
    return { x: batch.activations.get(this.#hook.name)!, mask: rowMask({ contextLength, specialTokenIds, isolate }, batch.tokens, batch.documents) };
  }
}

async function take(contexts: AsyncGenerator<PackedContext>, count: number): Promise<PackedContext[]> {
  const taken: PackedContext[] = [];
  while (taken.length < count) {
    const { value, done } = await contexts.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

/** The rows of x float32 [rows, d] whose mask is 1. */
function counted(x: Float32Array, mask: Uint8Array, firstContext: number, contextLength: number, d: number): Rows {
  const rows: number[] = [];
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows.push(row);
  const contexts = Uint32Array.from(rows, (row) => firstContext + Math.floor(row / contextLength));
  return { x: gathered(x, rows, d), contexts };
}

/** Rows `order` of x float32 [rows, d] -> float32 [order.length, d]. */
function gathered(x: Float32Array, order: ArrayLike<number>, d: number): Float32Array {
  const out = new Float32Array(order.length * d);
  for (let i = 0; i < order.length; i++) out.set(x.subarray(order[i]! * d, (order[i]! + 1) * d), i * d);
  return out;
}

function joined(parts: readonly Rows[], d: number): Rows {
  const count = parts.reduce((sum, { contexts }) => sum + contexts.length, 0);
  const [x, contexts] = [new Float32Array(count * d), new Uint32Array(count)];
  let at = 0;
  for (const part of parts) {
    x.set(part.x, at * d);
    contexts.set(part.contexts, at);
    at += part.contexts.length;
  }
  return { x, contexts };
}

function picked(rows: Rows, order: Uint32Array, d: number): Rows {
  return { x: gathered(rows.x, order, d), contexts: Uint32Array.from(order, (row) => rows.contexts[row]!) };
}

function seededOrder(count: number, random: Random): Uint32Array {
  return random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
}

/** The rows in two halves, by a seeded shuffle. */
function halves(rows: Rows, random: Random, d: number): readonly [Rows, Rows] {
  const order = seededOrder(rows.contexts.length, random);
  const middle = Math.ceil(order.length / 2);
  return [picked(rows, order.subarray(0, middle), d), picked(rows, order.subarray(middle), d)];
}

function shuffledRows(parts: readonly Rows[], random: Random, d: number): Rows {
  const rows = joined(parts, d);
  return picked(rows, seededOrder(rows.contexts.length, random), d);
}
