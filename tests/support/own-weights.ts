/** Weights of a small dictionary that is saved in its variant's own form: TopK with k 2. */
import { Random } from '../../src/engine/random.ts';
import type { OwnWeights } from '../../src/engine/sae/own-dictionary.ts';

export const [dIn, dSae] = [4, 10] as const;
const random = Random.from(1);

export const ownWeights: OwnWeights = {
  sizes: { dIn, dSae, dOut: dIn, sources: 1 }, config: { k: 2, auxK: 0, auxCoefficient: 0 },
  tensors: {
    wEnc: { shape: [dSae, dIn], data: random.normals(dSae * dIn) }, wDec: { shape: [dSae, dIn], data: random.normals(dSae * dIn) },
    bEnc: { shape: [dSae], data: random.normals(dSae) }, bDec: { shape: [dIn], data: random.normals(dIn) },
  },
  inputScale: new Float32Array(dIn).fill(2), outputScale: new Float32Array(dIn).fill(2),
};
