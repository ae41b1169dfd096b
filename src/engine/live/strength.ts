/** The strength at which a direction changes the predictions by a wanted KL (labelling.md F.4: bisection, at most 15 steps). */
import type { Strength } from '../../shared/schema/live.ts';

export interface Search {
  /** Nats. */
  readonly target: number;
  /** The share of the target by which it may be missed. */
  readonly tolerance: number;
  /** Where the search begins, and the largest strength that is tried. */
  readonly start: number;
  readonly most: number;
  readonly evaluations?: number;
}

const steps = 15;

/**
 * `klOf(strength)`, nats, for strengths above 0: small ones give about strength squared, so that the next guess is strength * sqrt(target / kl)
 * inside the bracket, and its middle (of logarithms) where that falls outside. `reached` is false when no strength tried was close enough.
 */
export async function strengthFor(klOf: (strength: number) => number | Promise<number>, { target, tolerance, start, most, evaluations = steps }: Search): Promise<Strength> {
  let [low, high, strength] = [0, Infinity, Math.min(start, most)];
  let best: Strength = { strength: 0, kl: 0, evaluations: 0, reached: false };
  for (let step = 1; step <= evaluations; step++) {
    const kl = await klOf(strength);
    const reached = Math.abs(kl - target) <= tolerance * target;
    if (step === 1 || Math.abs(kl - target) < Math.abs(best.kl - target)) best = { strength, kl, evaluations: step, reached };
    if (reached) return { ...best, evaluations: step };
    if (kl < target) low = strength;
    else high = strength;
    if (low >= most) return { ...best, evaluations: step };
    strength = next(low, high, strength * Math.sqrt(target / Math.max(kl, 1e-12)), most, step);
  }
  return { ...best, evaluations };
}

/** Every third guess is the middle, so that the bracket halves whatever the curve looks like. */
function next(low: number, high: number, guess: number, most: number, step: number): number {
  if (high === Infinity) return Math.min(most, Math.max(2 * low, Math.min(guess, 16 * low)));
  const middle = low > 0 ? Math.sqrt(low * high) : high / 4;
  return guess > low && guess < high && step % 3 !== 0 ? guess : middle;
}
