/** Steering: two texts from one prompt and one seed, one of them with a feature's direction added, token by token. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SteerBegan, SteerInput, SteerStep } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { Continuation, LanguageModel } from '../lm/definition.ts';
import { sampleToken } from '../lm/sampling.ts';
import { Random } from '../random.ts';
import { addRows, SteeredPrompt } from './direction.ts';
import type { LivePlace } from './place.ts';
import { prependsBos } from './encode.ts';
import { promptTokens, shownToken, shownTokens, type PromptTokens } from './tokens.ts';

type Options = Omit<SteerInput, 'model' | 'dictionary'>;

/** log of the sum of exponentials of logits float32 [vocab]. */
function logSumExp(logits: Float32Array): number {
  let largest = -Infinity;
  for (const logit of logits) if (logit > largest) largest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return largest + Math.log(sum);
}

/** KL(p || q) of two next-token distributions given by logits float32 [vocab], nats. */
export function klOfLogits(p: Float32Array, q: Float32Array): number {
  const [shiftP, shiftQ] = [logSumExp(p), logSumExp(q)];
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = p[i]! - shiftP;
    sum += Math.exp(logP) * (logP - (q[i]! - shiftQ));
  }
  return Math.max(0, sum);
}

/** The rows of one pass: the clean text, the steered one, and the clean model reading the steered text, so that KL compares both on the same. */
const [cleanRow, steeredRow, followerRow] = [0, 1, 2];
const rows = 3;

/** One growing text, and how its next token is drawn. */
interface Writer {
  readonly row: number;
  readonly made: number[];
  readonly random: Random;
  ended: boolean;
}

/** A steering under way. Its tensors are the model's keys and values of three texts. */
export class Steering {
  readonly began: Omit<SteerBegan, 'session'>;
  readonly #model: LanguageModel;
  readonly #options: Options;
  readonly #limit: number;
  readonly #texts: Continuation;
  readonly #edit: (value: Tensor) => Tensor;
  readonly #clean: Writer;
  readonly #steered: Writer;
  readonly #follower: number;
  #logits: Float32Array;

  /** Kinds: bad-request (text, unit), not-found (the feature), unsupported. */
  constructor(model: LanguageModel, place: LivePlace, options: Options) {
    const tokens = promptTokens(model, options.prompt, prependsBos(model, [place]));
    const prompt = new SteeredPrompt(model, place, tokens.ids, options);
    const writer = (row: number): Writer => ({ row, made: [], random: Random.from(options.seed, 'generate'), ended: false });
    this.#model = model;
    this.#options = options;
    this.#limit = Math.min(options.newTokens, model.config.contextLength - tokens.ids.length);
    // Rows of one pass may differ in their last bits: without steering all is read from the first.
    const steers = options.strength !== 0;
    [this.#clean, this.#steered, this.#follower] = [writer(cleanRow), writer(steers ? steeredRow : cleanRow), steers ? followerRow : cleanRow];
    this.#edit = (value) => addRows(value, prompt.direction, options.strength, prompt.first - this.#texts.length, steeredRow);
    this.#texts = model.continuation(rows);
    try {
      this.began = described(model, tokens, prompt, options.strength);
      this.#logits = this.#read(Int32Array.from({ length: rows * tokens.ids.length }, (_, i) => tokens.ids[i % tokens.ids.length]!));
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      prompt.dispose();
    }
  }

  /** At most `count` further tokens of each text. A text ends at a stop token (which is kept), at its length, or at a full context. */
  next(count: number): SteerStep {
    const from = [this.#clean.made.length, this.#steered.made.length] as const;
    const kl: number[] = [];
    for (let i = 0; i < count && !this.#done; i++) {
      if (!this.#steered.ended) kl.push(klOfLogits(this.#of(this.#follower), this.#of(this.#steered.row)));
      for (const writer of [this.#clean, this.#steered]) if (!writer.ended) this.#draw(writer);
      // A text that has ended is read on with its last token: nobody looks at what it says.
      if (!this.#done) this.#logits = this.#read(Int32Array.of(this.#clean.made.at(-1)!, this.#steered.made.at(-1)!, this.#steered.made.at(-1)!));
    }
    return { clean: this.#part(this.#clean, from[0]), steered: this.#part(this.#steered, from[1]), kl: vector(Float32Array.from(kl)), done: this.#done };
  }

  dispose(): void {
    this.#texts.dispose();
  }

  get #done(): boolean {
    return this.#clean.ended && this.#steered.ended;
  }

  #read(tokens: Int32Array): Float32Array {
    const edits = this.#options.strength === 0 ? [] : [{ hook: this.began.hook, kind: 'map', map: this.#edit } as const];
    return this.#texts.append(tokens, edits);
  }

  /** Logits of a row, float32 [vocab]. */
  #of(row: number): Float32Array {
    const { vocab } = this.#model.config;
    return this.#logits.subarray(row * vocab, (row + 1) * vocab);
  }

  #draw(writer: Writer): void {
    const { temperature, topP } = this.#options;
    const id = sampleToken(this.#of(writer.row), temperature, topP, writer.random);
    writer.made.push(id);
    writer.ended = writer.made.length >= this.#limit || this.#model.config.eosTokenIds.includes(id);
  }

  #part({ made, ended }: Writer, from: number): SteerStep['clean'] {
    const ids = made.slice(from);
    return { texts: ids.map((id) => shownToken(this.#model.tokenizer, id)), ids: vector(Int32Array.from(ids)), ended };
  }
}

function described(model: LanguageModel, tokens: PromptTokens, prompt: SteeredPrompt, strength: number): Omit<SteerBegan, 'session'> {
  const kl = strength === 0 ? new Float32Array(tokens.ids.length) : prompt.kl(strength);
  const steered = tokens.ids.length - prompt.first;
  return {
    tokens: shownTokens(model.tokenizer, tokens), hook: prompt.hook, first: prompt.first,
    addedNorm: Math.abs(strength) * Math.hypot(...prompt.direction), meanNorm: prompt.meanNorm,
    kl: vector(kl), meanKl: kl.reduce((a, b) => a + b, 0) / steered,
  };
}
