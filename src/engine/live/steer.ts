/** Steering: two texts from one prompt and one seed, one of them with a feature's direction added, token by token. */
import type { SteerBegan, SteerInput, SteerStep } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { Continuation, LanguageModel } from '../lm/definition.ts';
import { sampleToken } from '../lm/sampling.ts';
import { Random } from '../random.ts';
import { SteeredPrompt, steeringEdit } from './direction.ts';
import type { LivePlace } from './place.ts';
import { prependsBos } from './encode.ts';
import { promptTokens, shownToken, shownTokens, type PromptTokens } from './tokens.ts';

type Options = Omit<SteerInput, 'model' | 'dictionary'>;

/** log softmax of logits float32 [vocab], float64 [vocab]. */
function logSoftmax(logits: Float32Array): Float64Array {
  let largest = -Infinity;
  for (const logit of logits) if (logit > largest) largest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const shift = largest + Math.log(sum);
  return Float64Array.from(logits, (logit) => logit - shift);
}

/** KL(p || q) of two next-token distributions given by logits float32 [vocab], nats. */
export function klOfLogits(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logSoftmax(p), logSoftmax(q)];
  let sum = 0;
  for (let i = 0; i < logP.length; i++) sum += Math.exp(logP[i]!) * (logP[i]! - logQ[i]!);
  return Math.max(0, sum);
}

/** One growing text: what it said last, and how the next token is drawn. */
class Writer {
  readonly made: number[] = [];
  ended = false;
  logits: Float32Array;
  readonly #text: Continuation;
  readonly #edit: (position: number) => ReturnType<typeof steeringEdit> | null;
  readonly #random: Random;

  constructor(model: LanguageModel, prompt: Int32Array, seed: number, edit: (position: number) => ReturnType<typeof steeringEdit> | null) {
    this.#text = model.continuation();
    this.#edit = edit;
    this.#random = Random.from(seed, 'generate');
    try {
      this.logits = this.read(prompt);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  draw({ temperature, topP }: Pick<Options, 'temperature' | 'topP'>): number {
    return sampleToken(this.logits, temperature, topP, this.#random);
  }

  read(tokens: Int32Array): Float32Array {
    const edit = this.#edit(this.#text.length);
    this.logits = this.#text.append(tokens, edit === null ? [] : [edit]);
    return this.logits;
  }

  dispose(): void {
    this.#text.dispose();
  }
}

/** A steering under way. Its tensors are the model's keys and values of three texts: clean, steered, and the clean model reading the steered one. */
export class Steering {
  readonly began: Omit<SteerBegan, 'session'>;
  readonly #model: LanguageModel;
  readonly #options: Options;
  readonly #limit: number;
  readonly #clean: Writer;
  readonly #steered: Writer;
  /** The clean model reads what the steered one wrote: KL compares both on the same text. */
  readonly #follower: Writer;

  /** Kinds: bad-request (text, unit), not-found (the feature), unsupported. */
  constructor(model: LanguageModel, place: LivePlace, options: Options) {
    const tokens = promptTokens(model, options.prompt, prependsBos(model, [place]));
    const prompt = new SteeredPrompt(model, place, tokens.ids, options);
    this.#model = model;
    this.#options = options;
    this.#limit = Math.min(options.newTokens, model.config.contextLength - tokens.ids.length);
    const { strength, seed } = options;
    const writers: Writer[] = [];
    const write = (steers: boolean): Writer => {
      const edit = (position: number): ReturnType<typeof steeringEdit> | null => (steers ? steeringEdit(prompt.hook, prompt.direction, strength, prompt.first, position) : null);
      writers.push(new Writer(model, tokens.ids, seed, edit));
      return writers.at(-1)!;
    };
    try {
      this.began = described(model, tokens, prompt, strength);
      [this.#clean, this.#steered, this.#follower] = [write(false), write(strength !== 0), write(false)];
    } catch (error) {
      writers.forEach((writer) => writer.dispose());
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
      if (!this.#clean.ended) this.#advance(this.#clean);
      if (this.#steered.ended) continue;
      kl.push(klOfLogits(this.#follower.logits, this.#steered.logits));
      const id = this.#advance(this.#steered);
      if (!this.#steered.ended) this.#follower.read(Int32Array.of(id));
    }
    return { clean: this.#part(this.#clean, from[0]), steered: this.#part(this.#steered, from[1]), kl: vector(Float32Array.from(kl)), done: this.#done };
  }

  dispose(): void {
    for (const writer of [this.#clean, this.#steered, this.#follower]) writer.dispose();
  }

  get #done(): boolean {
    return this.#clean.ended && this.#steered.ended;
  }

  /** Draws a token and, where the text goes on, reads it. */
  #advance(writer: Writer): number {
    const id = writer.draw(this.#options);
    writer.made.push(id);
    writer.ended = writer.made.length >= this.#limit || this.#model.config.eosTokenIds.includes(id);
    if (!writer.ended) writer.read(Int32Array.of(id));
    return id;
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
