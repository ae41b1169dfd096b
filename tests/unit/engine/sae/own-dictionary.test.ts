import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnDictionary } from '../../../../src/engine/sae/own-dictionary.ts';
import { topk } from '../../../../src/engine/sae/variants/topk.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { dIn, ownWeights } from '../../../support/own-weights.ts';

test('a dictionary of its own code works on raw activations: scaled in, unscaled out, in parts as in one', async (t) => {
  await eachBackend(t, () => {
    const dictionary = new OwnDictionary(topk, ownWeights, { check: { x: '', latents: '', reconstruction: '' } } as never);
    const x = Random.from(3).normals(30 * dIn);
    const y = dictionary.reconstruct(x, 30);
    const codes = dictionary.encode(x, 30);
    for (let row = 0; row < 30; row++) {
      for (let i = 0; i < dIn; i++) {
        let sum = dictionary.bDec[i]!;
        for (let s = row * codes.width; s < (row + 1) * codes.width; s++) sum += codes.values[s]! * dictionary.wDec[codes.indices[s]! * dIn + i]!;
        assertClose([y[row * dIn + i]!], [sum], 1e-5);
      }
    }
    assertClose(dictionary.decode(codes, x), y, 1e-5);
    assert.throws(() => dictionary.encode(x, 31), { kind: 'mismatch', message: /31 rows/ });
    dictionary.dispose();
    assert.throws(() => dictionary.encode(x, 30), { kind: 'disposed' });
  });
});
