/** What coherence says about sparse codes: bounds of the Atoms theory (arXiv 2509.20784 [2nd]; Donoho & Elad 2003), for any dictionary. */
import { quantile } from './coherence.ts';

/** Codes of K latents are determined by what they decode to where mu < 1 / (2K - 1); exact l1 recovery holds too. */
export function isUnique(coherence: number, k: number): boolean {
  return k < 1 || coherence < 1 / (2 * k - 1);
}

/** The largest K for which `isUnique`; Infinity for coherence 0. */
export function largestUniqueK(coherence: number): number {
  return largestBelow((1 / coherence + 1) / 2);
}

/** The largest K with (K - 1) mu < 1, a condition like the restricted isometry property; Infinity for coherence 0. */
export function largestIsometricK(coherence: number): number {
  return largestBelow(1 / coherence + 1);
}

/** The largest whole number strictly below; equality up to rounding counts as equal. */
function largestBelow(limit: number): number {
  return limit === Infinity ? Infinity : Math.ceil(limit - 1e-9) - 1;
}

/** Where a threshold tells active latents from others: above what K others add up to, below what K - 1 others leave of an active one. */
export interface ThresholdWindow {
  /** epsilon K deltaMax */
  readonly low: number;
  /** deltaMin - epsilon (K - 1) deltaMax */
  readonly high: number;
  /** low < high, which is deltaMin > epsilon (2K - 1) deltaMax */
  readonly feasible: boolean;
}

/**
 * Thresholds with exact support recovery by one product, unit atoms with |cos| <= epsilon and K active latents in [deltaMin, deltaMax]. The
 * recovered values are off by up to epsilon (K - 1) deltaMax [derived]: only the support is exact.
 */
export function thresholdWindow(epsilon: number, k: number, deltaMin: number, deltaMax: number): ThresholdWindow {
  const [low, high] = [epsilon * k * deltaMax, deltaMin - epsilon * (k - 1) * deltaMax];
  return { low, high, feasible: low < high };
}

const gridSteps = 1000;

/**
 * q* = sup {q : mu_q < 1 / (2 K_q - 1)} with mu_q and K_q the q-quantiles of the pairs' |cos| and of the L0 of tokens (both at the same q [our
 * choice]), on a grid of 0.001. Null where even q = 0 fails. Rewards tiny L0: give K_q beside it.
 *
 * @param coherences |cos| of pairs, ascending
 * @param l0 latents that fire on each token, ascending
 */
export function stability(coherences: ArrayLike<number>, l0: ArrayLike<number>): number | null {
  let best: number | null = null;
  for (let step = 0; step <= gridSteps; step++) {
    const q = step / gridSteps;
    if (!isUnique(coherences.length === 0 ? 0 : quantile(coherences, q), quantile(l0, q))) break;
    best = q;
  }
  return best;
}
