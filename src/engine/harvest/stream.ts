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
import { gradientHook } from '../store/manifest.ts';
import { rowMask } from '../store/mask.ts';
import type { StoreHook } from '../store/types.ts';
import { copyRows, eachPart, emptyParts, gatherRows, sideBySide, stackRows, type RowParts, type Widths } from '../train/row-parts.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';
import { ContextReader, type ContextPlace, type ReadingOptions } from './context-reader.ts';
import { forward, stack } from './forward.ts';
import type { PackedContext } from './pack.ts';

export interface StreamOptions extends ReadingOptions {
  readonly hookPoint: string;
  /** Several hooks that stand side by side in x, in place of `hookPoint`. */
  readonly hookPoints?: readonly string[];
  /** The hook that is predicted. */
  readonly targetHook?: string | null;
  /** The loss gradient at the hook is wanted. */
  readonly gradients?: boolean;
  /** Rows of a chunk: what is shuffled together. */
  readonly bufferRows: number;
  readonly signal?: AbortSignal;
}

/** Rows that count, with the context that each came from. */
interface Rows {
  readonly parts: RowParts;
  /** Number of the context within its epoch. */
  readonly contexts: Uint32Array;
}

interface Chunk {
  readonly rows: Rows;
  /** Where the chunk after it begins. */
  readonly next: ContextPlace;
}

/** Which hooks stand in which part of a row. */
type PartHooks = Readonly<{ x: readonly string[]; y?: readonly string[]; gradient?: readonly string[] }>;

export class StreamSource implements ActivationSource {
  readonly dIn: number;
  readonly dOut: number;
  readonly sources: number;
  /** Where a target hook is named. */
  readonly sampleTargets?: (rows: number) => Promise<Float32Array>;
  readonly #model: LanguageModel;
  readonly #reader: ContextReader;
  readonly #options: StreamOptions;
  readonly #hooks: readonly StoreHook[];
  readonly #parts: PartHooks;
  readonly #widths: Widths;
  #held: HeldOutRows[] | null = null;
  #stage = 0;
  #offset = 0;
  #before: ContextPlace | null = null;
  #current: ContextPlace | null = null;
  #pool: Rows | null = null;
  #following: { readonly kept: Rows; readonly next: ContextPlace } | null = null;

  /** Takes the model over: `close` disposes it. Kinds: not-found (a hook), bad-config (the context is too long), mismatch (hooks of different width). */
  constructor(model: LanguageModel, corpus: Corpus, options: StreamOptions) {
    if (options.contextLength > model.config.contextLength) {
      throw new LoupeError('bad-config', `contextLength: ${options.contextLength} is more than ${model.config.name} takes (${model.config.contextLength}). Lower it.`);
    }
    this.#model = model;
    this.#options = options;
    this.#reader = new ContextReader(corpus, model.tokenizer, options);
    const x = options.hookPoints !== undefined && options.hookPoints.length > 0 ? options.hookPoints : [options.hookPoint];
    const y = options.targetHook == null ? {} : { y: [options.targetHook] };
    this.#parts = { x, ...y, ...(options.gradients === true ? { gradient: x.map(gradientHook) } : {}) };
    this.#hooks = [...new Set([...x, ...(y.y ?? [])])].map((name) => ({ name, d: model.hookWidth(name) }));
    const widths = x.map((name) => model.hookWidth(name));
    if (widths.some((width) => width !== widths[0])) throw new LoupeError('mismatch', `hookPoints: ${x.join(', ')} are ${widths.join(', ')} wide: a crosscoder takes hooks of one width`);
    this.sources = x.length;
    this.dIn = widths[0]! * x.length;
    this.dOut = options.targetHook == null ? this.dIn : model.hookWidth(options.targetHook);
    this.#widths = { x: this.dIn, ...(y.y === undefined ? {} : { y: this.dOut }), ...(options.gradients === true ? { gradient: this.dIn } : {}) };
    if (y.y !== undefined) this.sampleTargets = async (rows) => (await this.#sample(rows)).y!;
  }

  get identity(): SourceIdentity {
    return {
      model: this.#model.identity, corpus: this.#reader.identity, hookPoint: this.#parts.x.join(' + '),
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
    const start = (text: string): ContextPlace | null => (text === '' ? null : (JSON.parse(text) as ContextPlace));
    [this.#stage, this.#offset, this.#before, this.#current] = [stage, offset, start(before), start(current)];
    [this.#pool, this.#following] = [null, null];
    return Promise.resolve();
  }

  async next(rows: number): Promise<ActivationBatch> {
    const parts = emptyParts(this.#widths, rows);
    const origins = new Uint32Array(rows);
    for (let filled = 0; filled < rows; ) {
      const pool = await this.#loadedPool();
      const count = Math.min(rows - filled, pool.contexts.length - this.#offset);
      copyRows(this.#widths, pool.parts, this.#offset, count, parts, filled);
      origins.set(pool.contexts.subarray(this.#offset, this.#offset + count), filled);
      filled += count;
      this.#offset += count;
    }
    const { name } = this.#reader.identity;
    return { ...parts, rows, originOf: (row) => `context ${origins[row]} of the corpus ${name}, hook ${this.#parts.x.join(' + ')}` };
  }

  async sample(rows: number): Promise<Float32Array> {
    return (await this.#sample(rows)).x;
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    yield* (await this.#heldOutRows());
  }

  close(): void {
    void this.#reader.close();
    this.#model.dispose();
  }

  async #sample(rows: number): Promise<RowParts> {
    const { rows: { parts, contexts } } = await this.#loadChunk(await this.#firstChunk(), rows);
    return gatherRows(this.#widths, parts, Array.from({ length: Math.min(rows, contexts.length) }, (_, row) => row));
  }

  /** The rows of the current stage, with at least one left to serve. */
  async #loadedPool(): Promise<Rows> {
    for (let empty = 0; empty < 3; ) {
      this.#pool ??= await this.#loadStage();
      if (this.#offset < this.#pool.contexts.length) return this.#pool;
      if (this.#pool.contexts.length === 0) empty++;
      await this.#advance();
    }
    throw this.#reader.nothing();
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
    const kept = this.#before === null ? this.#none() : halves((await this.#loadChunk(this.#before)).rows, this.#random(`chunk ${this.#stage - 1}`), this.#widths)[1];
    return this.#mix(kept);
  }

  /** Loads the current chunk and mixes its first half with `kept`; its second half is kept for the next stage. */
  async #mix(kept: Rows): Promise<Rows> {
    const chunk = await this.#loadChunk(this.#current!);
    const [served, rest] = halves(chunk.rows, this.#random(`chunk ${this.#stage}`), this.#widths);
    this.#following = { kept: rest, next: chunk.next };
    return shuffledRows([kept, served], this.#random(`stage ${this.#stage}`), this.#widths);
  }

  #random(what: string): Random {
    return Random.from(this.#options.seed, `stream ${what}`);
  }

  #none(): Rows {
    return { parts: emptyParts(this.#widths, 0), contexts: new Uint32Array(0) };
  }

  async #firstChunk(): Promise<ContextPlace> {
    await this.#heldOutRows();
    return this.#reader.first();
  }

  async #heldOutRows(): Promise<readonly HeldOutRows[]> {
    if (this.#held !== null) return this.#held;
    const held: HeldOutRows[] = [];
    await this.#reader.eachHeldOut(async (contexts, first) => {
      const { parts: { x, y }, mask } = await this.#run(contexts, first);
      held.push({ x, mask, rows: mask.length, ...(y === undefined ? {} : { y }) });
    });
    return (this.#held = held);
  }

  /** The rows of the chunk that begins at `start`; at the end of the corpus the chunk ends, and the next begins a new epoch. */
  async #loadChunk(start: ContextPlace, rows = this.#options.bufferRows): Promise<Chunk> {
    const pieces: Rows[] = [];
    let [counted, next] = [0, start];
    // Conversations are shorter than their contexts: the chunk is full when its rows are, or when its contexts would have been.
    const wanted = Math.max(1, Math.ceil(rows / this.#options.contextLength));
    for (let done = 0; this.#options.conversations === true ? counted < rows : done < wanted; ) {
      const { contexts, next: after } = await this.#reader.take(next, this.#options.conversations === true ? this.#options.batch : wanted - done);
      const first = next.context;
      next = after;
      if (contexts.length === 0) break;
      const { parts, mask } = await this.#run(contexts, first);
      pieces.push(countedRows(parts, mask, first, this.#options.contextLength, this.#widths));
      counted += pieces.at(-1)!.contexts.length;
      done += contexts.length;
    }
    return { rows: joined(pieces, this.#widths), next };
  }

  async #run(contexts: readonly PackedContext[], firstContext: number): Promise<{ readonly parts: RowParts; readonly mask: Uint8Array }> {
    if (this.#options.signal?.aborted === true) throw new LoupeError('cancelled', 'The training was stopped while its buffer was filled. Run it again to go on.');
    await setImmediate(); // Cancel requests and pings are heard between two forward passes.
    const { contextLength, isolate, conversations, gradients = false } = this.#options;
    const batch = forward(this.#model, this.#hooks, stack(contexts, contextLength), firstContext, { contextLength, isolate, dtype: 'float32', gradients });
    const specialTokenIds = conversations === true ? [] : [...this.#model.tokenizer.specialTokenIds];
    return {
      parts: eachPart(this.#widths, (name) => sideBySide(this.#parts[name]!.map((hook) => batch.activations.get(hook)!), batch.tokens.length)),
      mask: rowMask({ contextLength, specialTokenIds, isolate }, batch.tokens, batch.documents),
    };
  }
}

/** The rows of float32 [rows, width] parts whose mask is 1. */
function countedRows(parts: RowParts, mask: Uint8Array, firstContext: number, contextLength: number, widths: Widths): Rows {
  const rows: number[] = [];
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows.push(row);
  const contexts = Uint32Array.from(rows, (row) => firstContext + Math.floor(row / contextLength));
  return { parts: gatherRows(widths, parts, rows), contexts };
}

function joined(pieces: readonly Rows[], widths: Widths): Rows {
  const contexts = new Uint32Array(pieces.reduce((sum, piece) => sum + piece.contexts.length, 0));
  let at = 0;
  for (const piece of pieces) {
    contexts.set(piece.contexts, at);
    at += piece.contexts.length;
  }
  return { parts: stackRows(widths, pieces.map(({ parts }) => parts)), contexts };
}

function picked(rows: Rows, order: Uint32Array, widths: Widths): Rows {
  return { parts: gatherRows(widths, rows.parts, order), contexts: Uint32Array.from(order, (row) => rows.contexts[row]!) };
}

function seededOrder(count: number, random: Random): Uint32Array {
  return random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
}

/** The rows in two halves, by a seeded shuffle. */
function halves(rows: Rows, random: Random, widths: Widths): readonly [Rows, Rows] {
  const order = seededOrder(rows.contexts.length, random);
  const middle = Math.ceil(order.length / 2);
  return [picked(rows, order.subarray(0, middle), widths), picked(rows, order.subarray(middle), widths)];
}

function shuffledRows(pieces: readonly Rows[], random: Random, widths: Widths): Rows {
  const rows = joined(pieces, widths);
  return picked(rows, seededOrder(rows.contexts.length, random), widths);
}
