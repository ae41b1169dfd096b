/** Writing: what a model continues a text with, some tokens at a time. */
import type { Written, WriteBegan, WriteInput } from '../../shared/schema/live.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Continuation, LanguageModel } from '../lm/definition.ts';
import { sampleToken } from '../lm/sampling.ts';
import { Random } from '../random.ts';

type Options = Omit<WriteInput, 'model'>;

/** A writing under way. Its tensors are the keys and values of the text so far. */
export class Writing {
  readonly began: Omit<WriteBegan, 'session'>;
  readonly #model: LanguageModel;
  readonly #options: Options;
  readonly #random: Random;
  readonly #text: Continuation;
  readonly #made: number[] = [];
  #logits: Float32Array;
  #ended: Written['ended'] = null;

  /** The tokens, their order and the random numbers are those of `generate` (lm/generate.ts). Kind bad-request: no token, or more than the context takes. */
  constructor(model: LanguageModel, options: Options) {
    const { tokenizer, config } = model;
    const ids = tokenizer.encode(options.text, { special: tokenizer.prependsBos });
    if (ids.length === 0) throw new LoupeError('bad-request', 'text: it has no token. Type something.');
    if (ids.length >= config.contextLength) throw new LoupeError('bad-request', `text: it has ${ids.length} tokens, and ${config.name} takes ${config.contextLength} with what it writes: shorten it.`);
    this.#model = model;
    this.#options = options;
    this.#random = Random.from(options.seed, 'generate');
    this.began = { promptTokens: ids.length, limit: Math.min(options.newTokens, config.contextLength - ids.length) };
    this.#text = model.continuation(1);
    try {
      this.#logits = this.#text.append(ids);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** At most `count` further tokens. It ends at a stop token (which is not shown), at its length, or at a full context. */
  next(count: number): Written {
    for (let i = 0; i < count && this.#ended === null; i++) this.#draw();
    const stop = this.#ended === 'stop-token' ? -1 : undefined;
    return { text: this.#model.tokenizer.decode(Int32Array.from(this.#made.slice(0, stop))), tokens: this.#made.length, ended: this.#ended };
  }

  dispose(): void {
    this.#text.dispose();
  }

  #draw(): void {
    const { temperature, topP, newTokens } = this.#options;
    const id = sampleToken(this.#logits, temperature, topP, this.#random);
    this.#made.push(id);
    if (this.#model.config.eosTokenIds.includes(id)) this.#ended = 'stop-token';
    else if (this.#made.length >= this.began.limit) this.#ended = this.began.limit < newTokens ? 'context' : 'length';
    else this.#logits = this.#text.append(Int32Array.of(id));
  }
}
