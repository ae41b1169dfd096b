import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, paddedBatches } from '../../../../../src/engine/lm/encoders/batches.ts';

const ids = (...values: number[]): Int32Array => Int32Array.from(values);

test('a long text keeps its beginning and its closing token', () => {
  assert.deepEqual(cut(ids(1, 5, 6, 7, 2), 3), ids(1, 5, 2));
  const short = ids(1, 5, 2);
  assert.equal(cut(short, 3), short);
});

test('texts of like length share a batch, each row says which text it is, and padding is masked', () => {
  const batches = [...paddedBatches([ids(1, 2, 3, 4), ids(7), ids(8, 9)], 0, 4)];
  assert.deepEqual(batches.map(({ rows, length }) => [[...rows], length]), [[[1, 2], 2], [[0], 4]]);
  assert.deepEqual([...batches[0]!.ids], [7, 0, 8, 9]);
  assert.deepEqual([...batches[0]!.mask], [1, 0, 1, 1]);
});

test('a text longer than a whole batch is a batch of its own, one without tokens is padding', () => {
  const [empty, long] = [...paddedBatches([ids(1, 2, 3), ids()], 9, 2)];
  assert.deepEqual([...empty!.ids, ...empty!.mask], [9, 0]);
  assert.equal(long!.length, 3);
});
