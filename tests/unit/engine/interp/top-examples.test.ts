import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topFirings } from '../../../../src/engine/interp/top-examples.ts';
import { Random } from '../../../../src/engine/random.ts';

test('one a document: a second strong firing of a document gives way to another document', () => {
  const documents = [0, 0, 1, 2];
  // 5 and 4 are of document 0: only 5 counts.
  assert.deepEqual(topFirings(Float32Array.of(4, 5, 3, 1), (i) => documents[i]!, 2), [1, 2]);
});

test('of equal firings the earlier is taken', () => {
  assert.deepEqual(topFirings(Float32Array.of(2, 2, 2), (i) => i, 2), [0, 1]);
  assert.deepEqual(topFirings(Float32Array.of(2, 2, 2), () => 0, 2), [0]);
});

test('equals sorting everything, on 300 random features with many ties', () => {
  const random = Random.from(4);
  for (let round = 0; round < 300; round++) {
    const values = Float32Array.from({ length: random.integer(60) }, () => 1 + random.integer(12));
    const documents = Array.from(values, () => random.integer(9));
    const n = 1 + random.integer(6);
    const seen = new Set<number>();
    const expected = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).filter((i) => !seen.has(documents[i]!) && seen.add(documents[i]!)).slice(0, n);
    assert.deepEqual(topFirings(values, (i) => documents[i]!, n), expected);
  }
});

test('none asked for, none given', () => assert.deepEqual(topFirings(Float32Array.of(1), () => 0, 0), []));
