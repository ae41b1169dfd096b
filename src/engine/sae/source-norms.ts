/** Which latents of a crosscoder belong to which source: relative norms and agreement of decoder rows (Lindsey et al. 2024, "Sparse Crosscoders"). */

export interface SourceNorms {
  /** |d^b| / (|d^a| + |d^b|) of each latent, float32 [dSae]: 0 belongs to a, 1 to b, 0.5 to both; NaN where both are 0. */
  readonly relative: Float32Array;
  /** Cosine of the latent's rows in a and in b, float32 [dSae]; NaN where one is 0. Means something only where the sources share a space. */
  readonly cosine: Float32Array;
}

/** Compares sources `a` and `b` of wDec float32 [dSae, sources * d]: float32 [dSae] each. */
export function compareSources(wDec: Float32Array, dSae: number, sources: number, a = 0, b = 1): SourceNorms {
  const width = wDec.length / dSae / sources;
  const result = { relative: new Float32Array(dSae), cosine: new Float32Array(dSae) };
  for (let j = 0; j < dSae; j++) {
    const [left, right] = [(j * sources + a) * width, (j * sources + b) * width];
    let [aa, bb, ab] = [0, 0, 0];
    for (let i = 0; i < width; i++) {
      const [p, q] = [wDec[left + i]!, wDec[right + i]!];
      aa += p * p;
      bb += q * q;
      ab += p * q;
    }
    result.relative[j] = Math.sqrt(bb) / (Math.sqrt(aa) + Math.sqrt(bb));
    result.cosine[j] = ab / Math.sqrt(aa * bb);
  }
  return result;
}

/** Counts of relative norms in `bins` equal bins of [0, 1]; those that are NaN are left out. */
export function relativeNormHistogram(relative: Float32Array, bins = 20): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of relative) if (!Number.isNaN(value)) counts[Math.min(bins - 1, Math.floor(value * bins))]!++;
  return counts;
}
