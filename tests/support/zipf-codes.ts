/** Superposition data whose features differ in frequency. */
import type { Random } from '../../src/engine/random.ts';
import { zipfShares } from '../../src/engine/sae/zipf.ts';
import type { SynCodes, SynTask } from '../../src/engine/sae/synthetic/syn.ts';

/** As synCodes, but features are drawn in proportion to (rank + 2.7)^-1, without replacement within a sample. */
export function zipfCodes({ n0, s }: SynTask, rows: number, random: Random): SynCodes {
  const shares = zipfShares(n0, { exponent: 1, shift: 2.7 });
  const codes = { rows, features: new Int32Array(rows * s), magnitudes: new Float32Array(rows * s) };
  for (let at = 0; at < rows * s; at++) {
    const taken = codes.features.subarray(at - (at % s), at);
    do codes.features[at] = drawn(shares, random.uniform()); while (taken.includes(codes.features[at]!));
    codes.magnitudes[at] = 0.5 + random.uniform();
  }
  return codes;
}

function drawn(shares: Float64Array, uniform: number): number {
  let sum = 0;
  for (const [feature, share] of shares.entries()) if ((sum += share) > uniform) return feature;
  return shares.length - 1;
}
