/** The synthetic validation of the dark-matter analysis (sae-variants.md section 9, check d). */
import { darkMatter } from '../../src/engine/posthoc/dark-matter.ts';
import { decodeCodes } from '../../src/engine/posthoc/pursuit-reconstruction.ts';
import { Random } from '../../src/engine/random.ts';
import { correlation } from './correlation.ts';
import type { TrainedOnSyn } from './syn-topk.ts';

/**
 * Calibrated: x' spreads by about 0.32 a dimension here, and only noise near that is linearly predictable from x' + noise. With levels up to
 * 0.15 theory and measurement agree on 0.87 for corr(r^2, nonlinear); with these both say 0.97.
 */
const levels = [0, 0.1, 0.2, 0.3];

export interface NoiseGrid {
  /** corr(a^2, linear FVU), corr(r^2, nonlinear FVU) */
  readonly own: readonly [number, number];
  /** corr(r^2, linear FVU), corr(a^2, nonlinear FVU) */
  readonly crossed: readonly [number, number];
}

/** x' = Sae(x) plus noise of size a is reconstructed by the dictionary without its weakest latents, plus noise of size r. */
export async function noiseGrid({ dictionary, samples, kept }: TrainedOnSyn): Promise<NoiseGrid> {
  const { x, rows } = samples;
  const clean = dictionary.reconstruct(x, rows);
  const ablated = decodeCodes(kept(dictionary.encode(x, rows)), dictionary.wDec, dictionary.bDec);
  const grid = levels.flatMap((a) => levels.map((r) => [a, r] as const));
  const results: { linear: number; nonlinear: number }[] = [];
  for (const [a, r] of grid) {
    const [dense, added] = [Random.from(results.length, 'a').normals(clean.length, a), Random.from(results.length, 'r').normals(clean.length, r)];
    const target = clean.map((v, k) => v + dense[k]!);
    const reconstruction = ablated.map((v, k) => v + added[k]!);
    const { fvu, fvuNonlinear } = await darkMatter(() => [{ x: target, target, reconstruction, rows }], { seed: 0, intercept: false });
    results.push({ linear: fvu - fvuNonlinear, nonlinear: fvuNonlinear });
  }
  const corr = (of: 'linear' | 'nonlinear', side: 0 | 1): number => correlation(results.map((result) => result[of]), grid.map((level) => level[side] ** 2));
  return { own: [corr('linear', 0), corr('nonlinear', 1)], crossed: [corr('linear', 1), corr('nonlinear', 0)] };
}
