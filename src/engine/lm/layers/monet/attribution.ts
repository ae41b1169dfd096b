/** Which domain an expert belongs to, from how much is routed to it on each corpus (Park et al. 2024, arXiv 2412.04139, section 5). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import { pearson, variablesOf } from '../../../interp/pearson.ts';
import { ExpertSet } from '../../experts/expert-set.ts';
import type { Gates } from './pairs.ts';

/** C_ij summed over tokens, float32 [s, s]: one product of the halves [tokens * heads, s]. */
export function routingMass({ gates1, gates2 }: Gates): Tensor2D {
  const [tokens, heads, s] = gates1.shape;
  return tf.matMul(tf.reshape(gates1, [tokens * heads, s]) as Tensor2D, tf.reshape(gates2, [tokens * heads, s]) as Tensor2D, true, false);
}

export interface SpecialisationRule {
  /** How many times the second-highest corpus the highest must have. */
  readonly factor: number;
  /** What it must have at least, mean over tokens. */
  readonly floor: number;
}

export const defaultRule: SpecialisationRule = { factor: 2, floor: 1e-7 };

/**
 * The corpus of each expert, -1 where none: its mass is at least `factor` times that of every other corpus, and above `floor`.
 *
 * @param masses mean over tokens of C_ij of each corpus, float64 [s * s] each
 */
export function specialisedExperts(masses: readonly Float64Array[], { factor, floor }: SpecialisationRule = defaultRule): Int16Array {
  if (masses.length < 2) throw new LoupeError('bad-request', `there is ${masses.length} corpus: an expert is special to one beside others, so give two or more`);
  return Int16Array.from({ length: masses[0]!.length }, (_, expert) => {
    let [best, second, corpus] = [-Infinity, -Infinity, -1];
    masses.forEach((mass, at) => {
      const value = mass[expert]!;
      if (value > best) [best, second, corpus] = [value, best, at];
      else if (value > second) second = value;
    });
    return best > floor && best >= factor * second ? corpus : -1;
  });
}

/** The experts that belong to one corpus; `owners` [experts] as `specialisedExperts` gives them. */
export function expertsOfCorpus(owners: Int16Array, corpus: number): ExpertSet {
  return ExpertSet.of(owners.length, [...owners.keys()].filter((expert) => owners[expert] === corpus));
}

/** Pearson's correlation over texts between what is routed to an expert and a score of the text, such as its toxicity. */
export class MassCorrelation {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #products: Float64Array;
  #texts = 0;
  #score = 0;
  #scoreSquares = 0;

  /** For `experts` = s * s. */
  constructor(experts: number) {
    this.#sums = new Float64Array(experts);
    this.#squares = new Float64Array(experts);
    this.#products = new Float64Array(experts);
  }

  /** One text: mass [s * s], its mean over the text's tokens. */
  add(mass: ArrayLike<number>, score: number): void {
    this.#texts++;
    this.#score += score;
    this.#scoreSquares += score * score;
    for (let expert = 0; expert < this.#sums.length; expert++) {
      const value = mass[expert]!;
      this.#sums[expert]! += value;
      this.#squares[expert]! += value * value;
      this.#products[expert]! += value * score;
    }
  }

  /** One number an expert, in [-1, 1]; 0 where its mass or the score does not vary. */
  correlations(): Float64Array {
    const masses = variablesOf(this.#texts, this.#sums, this.#squares);
    const scores = variablesOf(this.#texts, Float64Array.of(this.#score), Float64Array.of(this.#scoreSquares));
    return this.#products.map((product, expert) => pearson(this.#texts, product, masses, expert, scores, 0));
  }
}

/** What a purge did to the loss (or any figure) of each domain, and target over others, which is the useful number. */
export interface PurgeEffect {
  readonly target: number;
  readonly others: number;
  /** target / others; Infinity where the others did not change or went down. */
  readonly ratio: number;
}

/** before, after: the figure of each domain, [domains]; `others` is the mean change elsewhere. */
export function purgeEffect(before: readonly number[], after: readonly number[], target: number): PurgeEffect {
  const changes = before.map((value, domain) => after[domain]! - value);
  const others = changes.filter((_, domain) => domain !== target).reduce((sum, change) => sum + change, 0) / (changes.length - 1);
  const own = changes[target]!;
  return { target: own, others, ratio: others > 0 ? own / others : Infinity };
}
