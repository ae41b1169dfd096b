/** A text that grows: what the blocks left behind for the tokens read so far is kept, so that each further token is one short pass. */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { LayerCache } from './attention.ts';
import { forward, type Decoder } from './decoder.ts';
import type { Continuation, HookEdit } from './definition.ts';
import type { HookTable } from './hook-names.ts';
import { HookRun } from './hook-run.ts';

export class CachedContinuation implements Continuation {
  readonly #decoder: Decoder;
  readonly #table: HookTable;
  #layers: readonly LayerCache[] | null;
  #length = 0;

  constructor(decoder: Decoder, table: HookTable) {
    this.#decoder = decoder;
    this.#table = table;
    this.#layers = decoder.weights.blocks.map(() => ({ keys: null, values: null }));
  }

  get length(): number {
    return this.#length;
  }

  append(tokens: Int32Array, edits: readonly HookEdit[] = []): Float32Array {
    const { config } = this.#decoder;
    if (this.#layers === null) throw new LoupeError('disposed', 'this continuation was disposed and reads no more tokens.');
    if (tokens.length === 0) throw new LoupeError('bad-request', 'tokens is empty: give at least one token.');
    if (this.#length + tokens.length > config.contextLength) {
      throw new LoupeError('bad-request', `${this.#length + tokens.length} tokens are over the context of ${config.name}, ${config.contextLength} tokens.`);
    }
    const past = { length: this.#length, layers: this.#layers };
    const run = new HookRun(this.#table, { batch: 1, length: tokens.length, past: past.length }, { edits });
    const logits = forward(this.#decoder, { tokens, batch: 1, length: tokens.length, run, layers: config.layers, logits: true, lastOnly: true, past })!;
    this.#length += tokens.length;
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
