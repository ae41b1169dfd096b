/** Texts that grow together: what the blocks left behind for the tokens read so far is kept, so that each further token is one short pass. */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { LayerCache } from './attention.ts';
import { forward, type Decoder } from './decoder.ts';
import type { Continuation, HookEdit } from './definition.ts';
import type { ExpertsOff } from './experts/experts-off.ts';
import type { HookTable } from './hook-names.ts';
import { HookRun } from './hook-run.ts';

export class CachedContinuation implements Continuation {
  readonly #decoder: Decoder;
  readonly #table: HookTable;
  readonly #texts: number;
  readonly #off: ExpertsOff | undefined;
  #layers: readonly LayerCache[] | null;
  #length = 0;

  constructor(decoder: Decoder, table: HookTable, texts = 1, off?: ExpertsOff) {
    this.#decoder = decoder;
    this.#table = table;
    this.#texts = texts;
    this.#off = off;
    this.#layers = Array.from({ length: decoder.config.layers }, () => ({ keys: null, values: null }));
  }

  get length(): number {
    return this.#length;
  }

  append(tokens: Int32Array, edits: readonly HookEdit[] = []): Float32Array {
    const { config } = this.#decoder;
    if (this.#layers === null) throw new LoupeError('disposed', 'this continuation was disposed and reads no more tokens.');
    const batch = this.#texts;
    const length = tokens.length / batch;
    if (length < 1 || !Number.isInteger(length)) throw new LoupeError('bad-request', `tokens has ${tokens.length}: give at least one for each of ${batch} text${batch === 1 ? '' : 's, equally many'}.`);
    if (this.#length + length > config.contextLength) {
      throw new LoupeError('bad-request', `${this.#length + length} tokens are over the context of ${config.name}, ${config.contextLength} tokens.`);
    }
    const past = { length: this.#length, layers: this.#layers };
    const run = new HookRun(this.#table, { batch, length, past: past.length }, { edits, ...(this.#off === undefined ? {} : { off: this.#off }) });
    const logits = forward(this.#decoder, { tokens, batch, length, run, layers: config.layers, logits: true, lastOnly: true, past })!;
    this.#length += length;
    try {
      return logits.dataSync<'float32'>();
    } finally {
      logits.dispose();
    }
  }

  dispose(): void {
    for (const { keys, values } of this.#layers ?? []) tf.dispose([keys, values].filter((tensor) => tensor !== null));
    this.#layers = null;
  }
}
