/** Directions of latents, where they have some: units of a layer may have none (units-dictionary.ts). */
import { LoupeError } from '../../shared/errors.ts';
import type { Dictionary } from './dictionary.ts';

type Directed = Pick<Dictionary, 'wDec' | 'dSae' | 'dOut' | 'units'>;

/** Why latents have no direction of their own, or null. */
export function noDirectionOf({ units }: Pick<Dictionary, 'units' | 'dSae'>): string | null {
  return units?.noDirection ?? null;
}

/** Kind unsupported for a dictionary without directions. `what` cannot be had then: "a map of directions". */
export function requireDirections(dictionary: Pick<Dictionary, 'units' | 'dSae'>, what: string): void {
  const reason = noDirectionOf(dictionary);
  if (reason !== null) throw new LoupeError('unsupported', `${reason} So there is no ${what}.`);
}

/** What 1 at a latent adds where the dictionary writes, float32 [dOut]: its decoder row, or, of units without a direction, the unit itself. */
export function directionOf({ wDec, dOut, units }: Directed, feature: number): Float32Array {
  if ((units?.noDirection ?? null) === null) return wDec.slice(feature * dOut, (feature + 1) * dOut);
  const own = new Float32Array(dOut);
  own[feature] = 1;
  return own;
}

/** Length of what 1 at each latent adds, float64 [dSae]. */
export function directionNorms({ wDec, dSae, dOut, units }: Directed): Float64Array {
  if ((units?.noDirection ?? null) !== null) return new Float64Array(dSae).fill(1);
  return Float64Array.from({ length: dSae }, (_, i) => {
    let square = 0;
    for (let j = i * dOut; j < (i + 1) * dOut; j++) square += wDec[j]! ** 2;
    return Math.sqrt(square);
  });
}
