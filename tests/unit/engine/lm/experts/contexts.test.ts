import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextsOf, wholeTokens } from '../../../../../src/engine/lm/experts/contexts.ts';

const { signal } = new AbortController();
const ids = Int32Array.from({ length: 11 }, (_, i) => i);

test('whole contexts, some at a time; what is left over is left out', async () => {
  const seen: unknown[] = [];
  for await (const { tokens, rows, length, first } of contextsOf(ids, 2, 3, signal)) seen.push([[...tokens], rows, length, first]);
  assert.deepEqual(seen, [[[0, 1, 2, 3, 4, 5], 3, 2, 0], [[6, 7, 8, 9], 2, 2, 6]]);
  assert.equal(wholeTokens(11, 2), 10);
});

test('a text shorter than a context is one of its own length', async () => {
  const seen: number[][] = [];
  for await (const { tokens, length } of contextsOf(ids, 64, 4, signal)) seen.push([...tokens, length]);
  assert.deepEqual(seen, [[...ids, 11]]);
  assert.deepEqual([wholeTokens(11, 64), wholeTokens(0, 64)], [11, 0]);
});

test('an abort ends it before the next pass', async () => {
  const abort = new AbortController();
  const walk = contextsOf(ids, 2, 1, abort.signal);
  await walk.next();
  abort.abort();
  await assert.rejects(walk.next(), { kind: 'cancelled' });
});
