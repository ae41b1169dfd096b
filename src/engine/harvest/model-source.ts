/**
 * Training through the model itself (end-to-end dictionaries): whole contexts, each batch with a readout that runs the rest of the model. Rows
 * of a context must stay together, so nothing is shuffled but the order of the documents.
 */
import { setImmediate } from 'node:timers/promises';
import { LoupeError } from '../../shared/errors.ts';
import type { Corpus } from '../corpora/definition.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { ModelReadout } from '../lm/readout.ts';
import type { TokenBatch } from '../lm/splice.ts';
import { rowMask } from '../store/mask.ts';
import type { StoreHook } from '../store/types.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';
import { ContextReader, type ContextPlace, type ReadingOptions } from './context-reader.ts';
import { forward, stack } from './forward.ts';
import type { PackedContext } from './pack.ts';

export interface ModelSourceOptions extends ReadingOptions {
  readonly hookPoint: string;
  readonly signal?: AbortSignal;
}

const mostSampled = 8192;

export class ModelSource implements ActivationSource {
  readonly dIn: number;
  readonly #model: LanguageModel;
  readonly #reader: ContextReader;
  readonly #options: ModelSourceOptions;
  readonly #hook: StoreHook;
  #place: ContextPlace | null = null;
  /** Of the last batch: its tensors are freed when the next one is asked for. */
  #readout: ModelReadout | null = null;

  /** Takes the model over: `close` disposes it. Kinds: not-found (a hook), bad-config (the context is too long). */
  constructor(model: LanguageModel, corpus: Corpus, options: ModelSourceOptions) {
    if (options.contextLength > model.config.contextLength) {
      throw new LoupeError('bad-config', `contextLength: ${options.contextLength} is more than ${model.config.name} takes (${model.config.contextLength}). Lower it.`);
    }
    this.#model = model;
    this.#options = options;
    this.#reader = new ContextReader(corpus, model.tokenizer, options);
    this.#hook = { name: options.hookPoint, d: model.hookWidth(options.hookPoint) };
    this.dIn = this.#hook.d;
  }

  get identity(): SourceIdentity {
    const { identity, tokenizer } = this.#model;
    return { model: identity, corpus: this.#reader.identity, hookPoint: this.#hook.name, contextLength: this.#options.contextLength, prependBos: tokenizer.prependsBos };
  }

  get position(): SourcePosition {
    return { place: this.#place === null ? '' : JSON.stringify(this.#place) };
  }

  seek({ place }: SourcePosition): Promise<void> {
    if (typeof place !== 'string') throw new LoupeError('bad-file', "the checkpoint's place in the data was made with another kind of source");
    this.#place = place === '' ? null : (JSON.parse(place) as ContextPlace);
    return Promise.resolve();
  }

  /** As many whole contexts as fit `rows`, at least one: the rows of them that count are fewer than asked for. */
  async next(rows: number): Promise<ActivationBatch> {
    this.#dropReadout();
    const { contexts, first } = await this.#contexts(Math.max(1, Math.floor(rows / this.#options.contextLength)));
    const readout = new ModelReadout(this.#model, this.#tokenBatch(contexts), this.#hook.name);
    this.#readout = readout;
    const { contextLength } = this.#options;
    const originOf = (row: number): string => {
      const at = readout.counted[row]!;
      return `context ${first + Math.floor(at / contextLength)} of the corpus ${this.#reader.identity.name}, position ${at % contextLength}, hook ${this.#hook.name}`;
    };
    return { x: readout.x, rows: readout.counted.length, originOf, readout };
  }

  /** Rows of the first training contexts, fewer than asked for where that is much: every row costs a pass of the model. */
  async sample(asked: number): Promise<Float32Array> {
    const rows = Math.min(asked, mostSampled);
    let place = await this.#reader.first();
    const pieces: Float32Array[] = [];
    for (let found = 0; found < rows; ) {
      const { contexts, next } = await this.#reader.take(place, Math.ceil(rows / this.#options.contextLength));
      if (contexts.length === 0) break;
      const { x, mask } = await this.#activations(contexts, place.context);
      mask.forEach((counts, row) => counts === 1 && pieces.push(x.subarray(row * this.dIn, (row + 1) * this.dIn)));
      found = pieces.length;
      place = next;
    }
    if (pieces.length === 0) throw this.#reader.nothing();
    const out = new Float32Array(Math.min(rows, pieces.length) * this.dIn);
    pieces.slice(0, rows).forEach((piece, row) => out.set(piece, row * this.dIn));
    return out;
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    const held: HeldOutRows[] = [];
    await this.#reader.eachHeldOut(async (contexts, first) => {
      const { x, mask } = await this.#activations(contexts, first);
      held.push({ x, mask, rows: mask.length });
    });
    yield* held;
  }

  close(): void {
    this.#dropReadout();
    void this.#reader.close();
    this.#model.dispose();
  }

  #dropReadout(): void {
    this.#readout?.dispose();
    this.#readout = null;
  }

  /** The next contexts, with at least one row that counts. */
  async #contexts(count: number): Promise<{ readonly contexts: readonly PackedContext[]; readonly first: number }> {
    this.#place ??= await this.#reader.first();
    for (let ends = 0; ends < 2; ) {
      const first = this.#place.context;
      const { contexts, next } = await this.#reader.take(this.#place, count);
      this.#place = next;
      if (contexts.length === 0) ends++;
      else if (this.#maskOf(contexts).includes(1)) return { contexts, first };
    }
    throw this.#reader.nothing();
  }

  #maskOf(contexts: readonly PackedContext[]): Uint8Array {
    const { contextLength, isolate, conversations } = this.#options;
    const { tokens, documents } = stack(contexts, contextLength);
    const specialTokenIds = conversations === true ? [] : [...this.#model.tokenizer.specialTokenIds];
    return rowMask({ contextLength, specialTokenIds, isolate }, tokens, documents);
  }

  #tokenBatch(contexts: readonly PackedContext[]): TokenBatch {
    const { contextLength, isolate } = this.#options;
    const { tokens, documents } = stack(contexts, contextLength);
    return { tokens, batch: contexts.length, length: contextLength, mask: this.#maskOf(contexts), ...(isolate ? { documents } : {}) };
  }

  async #activations(contexts: readonly PackedContext[], first: number): Promise<{ readonly x: Float32Array; readonly mask: Uint8Array }> {
    if (this.#options.signal?.aborted === true) throw new LoupeError('cancelled', 'The training was stopped while its data were prepared. Run it again to go on.');
    await setImmediate(); // Cancel requests and pings are heard between two forward passes.
    const { contextLength, isolate } = this.#options;
    const batch = forward(this.#model, [this.#hook], stack(contexts, contextLength), first, { contextLength, isolate, dtype: 'float32' });
    return { x: batch.activations.get(this.#hook.name)!, mask: this.#maskOf(contexts) };
  }
}
