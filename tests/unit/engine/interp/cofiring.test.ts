import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { countFirings, readFirings, writeBlock } from '../../../../src/engine/interp/codes.ts';
import { Cofiring, mostCorrelated, mostTogether, place } from '../../../../src/engine/interp/cofiring.ts';
import { variablesOf } from '../../../../src/engine/interp/pearson.ts';
import { Strongest } from '../../../../src/engine/interp/strongest.ts';
import { Random } from '../../../../src/engine/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-cofiring-'));
const [rows, dSae, width] = [24, 6, 3];
const dense = new Float64Array(rows * dSae);
after(() => rmSync(folder, { recursive: true }));

/** Three blocks of eight rows with up to three features each, some below 0. */
before(() => {
  const random = Random.from(1, 'cofiring');
  for (let block = 0; block < 3; block++) {
    const indices = new Int32Array(8 * width);
    const values = new Float32Array(8 * width);
    for (let row = 0; row < 8; row++) {
      for (let slot = 0; slot < width; slot++) {
        const feature = slot * 2 + random.integer(2);
        indices[row * width + slot] = feature;
        values[row * width + slot] = random.uniform() < 0.3 ? 0 : random.normal();
        dense[(block * 8 + row) * dSae + feature] = values[row * width + slot]!;
      }
    }
    writeBlock(folder, block, [{ firstRow: 8 * block, mask: new Uint8Array(8).fill(1), codes: { rows: 8, width, indices, values } }], dSae);
  }
});

const column = (feature: number): number[] => Array.from({ length: rows }, (_, row) => dense[row * dSae + feature]!);
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const both = (a: number, b: number): number => column(a).filter((value, i) => value !== 0 && column(b)[i] !== 0).length;

describe('products and common tokens, recomputed by brute force', () => {
  for (const [name, budget] of [['in one segment', 1000], ['in a segment a block', 1]] as const) {
    test(name, () => {
      const { counts, byBlock } = countFirings(folder, 3, dSae);
      const seen: number[] = [];
      new Cofiring(folder, byBlock, 8, dSae, budget).eachFeature(readFirings(folder, 3, 1, 5, counts), (feature, sums) => {
        seen.push(feature);
        for (let other = 0; other < dSae; other++) {
          assert.ok(Math.abs(sums.products[other]! - dot(column(feature), column(other))) < 1e-9, `${feature} with ${other}`);
          assert.equal(sums.counts[other], both(feature, other));
        }
      });
      assert.deepEqual(seen, [1, 2, 3, 4, 5]);
    });
  }
});

test('the most correlated are those above 0 that fire together, the feature itself left out', () => {
  // Over 10 tokens: sums 4, 4, 1; spreads from squares 6, 6, 1.
  const variables = variablesOf(10, Float64Array.of(4, 4, 1), Float64Array.of(6, 6, 1));
  const sums = { products: Float64Array.of(6, 5, 0.1), counts: Int32Array.of(4, 3, 1) };
  const best = mostCorrelated(0, sums, 10, variables, 5);
  assert.deepEqual([...best.ids.subarray(0, best.size)], [1]);
  assert.ok(Math.abs(best.values[0]! - (5 - 1.6) / (6 - 1.6)) < 1e-6);
});

test('together: the share of tokens on which either fires', () => {
  const best = mostTogether(0, { products: new Float64Array(3), counts: Int32Array.of(4, 2, 1) }, Float64Array.of(4, 8, 1), 2);
  // 2 / (4 + 8 - 2) = 0.2 and 1 / (4 + 1 - 1) = 0.25.
  assert.deepEqual([[...best.ids], [...best.values].map((value) => Number(value.toFixed(3)))], [[2, 1], [0.25, 0.2]]);
});

test('a list that is not full ends with -1', () => {
  const best = new Strongest(2);
  best.offer(7, 0.5);
  const [ids, values] = [new Int32Array(4), new Float32Array(4)];
  place(best, 1, ids, values);
  assert.deepEqual([[...ids], [...values]], [[0, 0, 7, -1], [0, 0, 0.5, 0]]);
});
