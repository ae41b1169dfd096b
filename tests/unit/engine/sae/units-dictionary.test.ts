import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { DictionaryProvenance } from '../../../../src/engine/sae/dictionary.ts';
import { UnitsDictionary } from '../../../../src/engine/sae/units-dictionary.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const facts = (units: number, keep: number | null, noDirection: string | null) => ({ units, names: { pattern: 'neuron {n}', width: null }, layerKind: { id: 'dense', title: 'Dense GPT' }, keep, noDirection });
const provenance: DictionaryProvenance = {
  format: 'loupe-dictionary', version: 1, variant: 'units', model: null, corpus: null, hookPoint: 'blocks.0.mlp.hook_post', contextLength: 8, prependBos: false, config: {}, seed: 0,
  tokensSeen: 0, codeVersion: '', backend: '', check: { x: '', latents: '', reconstruction: '' },
};

describe('encoding', () => {
  test('gives what is not 0, as it is, in slots that rise', async (t) => {
    await eachBackend(t, () => {
      const units = new UnitsDictionary(facts(4, null, 'none'), null, provenance);
      const codes = units.encode(Float32Array.of(0, 2, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0), 3);
      assert.deepEqual([codes.rows, codes.width, [...codes.indices], [...codes.values]], [3, 2, [1, 3, 0, 0, 0, 0], [2, -1, 0, 0, 5, 0]]);
      units.dispose();
    });
  });

  test('keeps the largest by size where units are smooth, the lower of equal ones, never a 0', () => {
    const units = new UnitsDictionary(facts(5, 2, 'none'), null, provenance);
    const codes = units.encode(Float32Array.of(1, -3, 2, 3, 0.5, 0, 0, 0, 0, 7), 2);
    assert.deepEqual([[...codes.indices], [...codes.values]], [[1, 3, 4, 0], [-3, 3, 7, 0]]);
  });

  test('of nothing but zeros is of no slot', () => {
    const units = new UnitsDictionary(facts(3, null, 'none'), null, provenance);
    const codes = units.encode(new Float32Array(6), 2);
    assert.deepEqual([codes.rows, codes.width], [2, 0]);
    assert.deepEqual([...units.decode(codes, new Float32Array(6))], new Array(6).fill(0));
  });
});

describe('decoding', () => {
  test('with directions is codes times rows plus bias, for few firings and for many, on every backend', async (t) => {
    const random = Random.from(3, 'units');
    const [n, d, rows] = [48, 5, 6];
    const [wDec, bias] = [random.normals(n * d), random.normals(d)];
    for (const share of [0.02, 0.5]) {
      const x = random.normals(rows * n).map((value) => (random.uniform() < share ? value : 0));
      const wanted = new Float32Array(rows * d);
      for (let row = 0; row < rows; row++) for (let i = 0; i < d; i++) wanted[row * d + i] = Array.from({ length: n }, (_, j) => x[row * n + j]! * wDec[j * d + i]!).reduce((a, b) => a + b, bias[i]!);
      await eachBackend(t, () => {
        const tensors = tf.memory().numTensors;
        const units = new UnitsDictionary(facts(n, null, null), { rows: wDec, bias }, provenance);
        assert.deepEqual([units.dIn, units.dSae, units.dOut], [n, n, d]);
        assertClose(units.reconstruct(x, rows), wanted, 1e-5, `share ${share}`);
        units.dispose();
        assert.equal(tf.memory().numTensors, tensors);
      });
    }
  });

  test('without directions gives the units back', () => {
    const units = new UnitsDictionary(facts(3, null, 'none'), null, provenance);
    assert.deepEqual([units.dOut, units.wDec.length], [3, 0]);
    assert.deepEqual([...units.reconstruct(Float32Array.of(0, 2, 3, 4, 0, 0), 2)], [0, 2, 3, 4, 0, 0]);
  });
});

test('other widths are refused, and use after disposal', () => {
  const units = new UnitsDictionary(facts(3, null, 'none'), null, provenance);
  assert.throws(() => units.encode(new Float32Array(4), 1), (error: unknown) => error instanceof LoupeError && error.kind === 'mismatch' && /blocks\.0\.mlp\.hook_post/.test(error.message));
  units.dispose();
  assert.throws(() => units.encode(new Float32Array(3), 1), (error: unknown) => error instanceof LoupeError && error.kind === 'disposed');
});
