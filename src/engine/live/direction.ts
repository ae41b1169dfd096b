/** The direction that steering adds, and what adding it does to the predictions over a prompt. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { SteerInput } from '../../shared/schema/live.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { continueWith, klDivergence, logProbabilities, residualHook } from '../lm/splice.ts';
import { scoped } from '../ops/scope.ts';
import { directionOf } from '../sae/directions.ts';
import { checkFeature, contributionAt, inputsOf, writeHook, type LivePlace } from './place.ts';
import { countedTokens } from './tokens.ts';

export type DirectionOptions = Pick<SteerInput, 'feature' | 'unit' | 'maximum' | 'from'>;

const length = (values: Float32Array): number => Math.hypot(...values);

/** First token at which the direction is added: the first that counts, or the last. */
export function firstSteered(model: Pick<LanguageModel, 'tokenizer'>, ids: Int32Array, from: SteerInput['from']): number {
  const first = countedTokens(model.tokenizer, ids).indexOf(1);
  return from === 'end' || first < 0 ? ids.length - 1 : first;
}

/** Mean of rows `from`... of float32 [rows, d], float32 [d]. */
function meanRow(values: Float32Array, d: number, from: number): Float32Array {
  const rows = values.length / d;
  const mean = new Float64Array(d);
  for (let i = from * d; i < values.length; i++) mean[i % d]! += values[i]! / (rows - from);
  return Float32Array.from(mean);
}

/**
 * A prompt with the clean model's values kept, to which a feature's direction is added at any strength. Tensors are held until `dispose`.
 * Kinds: not-found (the feature), unsupported (a crosscoder, a direction of length 0), bad-request (the unit `max` without a maximum).
 */
export class SteeredPrompt {
  readonly hook: string;
  /** First token at which the direction is added. */
  readonly first: number;
  /** What strength 1 adds, float32 [d]. */
  readonly direction: Float32Array;
  /** Mean length of the values that it is added to. */
  readonly meanNorm: number;
  readonly #model: LanguageModel;
  readonly #ids: Int32Array;
  readonly #value: Tensor;
  readonly #residual: Tensor | null;
  readonly #rows: Int32Array;
  readonly #logP: Tensor2D;

  constructor(model: LanguageModel, place: LivePlace, ids: Int32Array, options: DirectionOptions) {
    checkFeature(place.dictionary, options.feature);
    this.#model = model;
    this.#ids = ids;
    this.hook = writeHook(place);
    this.first = firstSteered(model, ids, options.from);
    const start = residualHook(this.hook, model.config.layers);
    const names = [...new Set([...place.read, this.hook, ...(start === null ? [] : [start])])];
    const { logits, cache } = model.run(ids, 1, ids.length, { names });
    const values = new Map(place.read.map((name) => [name, cache.get(name)!.dataSync<'float32'>()]));
    this.#value = cache.get(this.hook)!;
    this.#residual = start === null || start === this.hook ? null : cache.get(start)!;
    for (const tensor of cache.values()) if (tensor !== this.#value && tensor !== this.#residual) tensor.dispose();
    this.#rows = Int32Array.from({ length: ids.length - this.first }, (_, i) => this.first + i);
    this.#logP = logProbabilities(logits!, this.#rows);
    const own = this.#value.dataSync<'float32'>();
    const d = own.length / ids.length;
    this.meanNorm = this.#rows.reduce((sum, row) => sum + length(own.subarray(row * d, (row + 1) * d)), 0) / this.#rows.length;
    try {
      this.direction = unitOf(place, inputsOf(place, values, ids.length), ids.length, this.first, options);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** KL(clean || steered) of the next token behind each token, nats: float32 [tokens], 0 before the first steered one. */
  kl(strength: number): Float32Array {
    const out = new Float32Array(this.#ids.length);
    const value = scoped(() => tf.keep(addRows(this.#value, this.direction, strength, this.first)));
    const residual = this.#residual ?? (residualHook(this.hook, this.#model.config.layers) === this.hook ? this.#value : null);
    const { logits } = this.#model.run(this.#ids, 1, this.#ids.length, continueWith(this.hook, value, residual, this.#model.config.layers));
    value.dispose();
    const logQ = logProbabilities(logits!, this.#rows);
    // Rounding may leave a divergence a hair below 0.
    out.set(klDivergence(this.#logP, logQ).map((kl) => Math.max(0, kl)), this.first);
    logQ.dispose();
    return out;
  }

  /** Mean of `kl` from the first steered token on, nats. */
  meanKl(strength: number): number {
    return this.kl(strength).reduce((sum, kl) => sum + kl, 0) / this.#rows.length;
  }

  dispose(): void {
    tf.dispose([this.#value, this.#logP, ...(this.#residual === null ? [] : [this.#residual])]);
  }
}

/** value [texts, n, ...] with strength * direction added to positions `first`... of one text. */
export function addRows(value: Tensor, direction: Float32Array, strength: number, first: number, text = 0): Tensor {
  const [texts, length] = value.shape as [number, number];
  const added = new Float32Array(value.size);
  const start = (text * length + Math.max(0, first)) * direction.length;
  for (let i = start; i < (value.size / texts) * (text + 1); i++) added[i] = strength * direction[i % direction.length]!;
  return tf.add(value, tf.tensor(added, value.shape));
}

/** What strength 1 adds, float32 [dOut]; x float32 [rows, dIn] are the prompt's inputs. */
function unitOf(place: LivePlace, x: Float32Array, rows: number, first: number, { feature, unit, maximum }: DirectionOptions): Float32Array {
  const { dictionary } = place;
  const own = directionOf(dictionary, feature);
  const norm = length(own);
  if (!(norm > 0)) throw new LoupeError('unsupported', `feature ${feature} has a direction of length 0: adding it changes nothing. Choose another.`);
  if (unit === 'norm') return own.map((value) => value / norm);
  if (maximum === null) throw new LoupeError('bad-request', "maximum is missing: give the feature's largest activation, or take the unit norm.");
  // Where the dictionary takes a norm of each input, its latents are in units of that: what they add is told by the prompt's own rows.
  return meanRow(contributionAt(place, x, rows, feature, maximum), dictionary.dOut, first);
}
