import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classesOf, peakClasses } from '../../../../src/engine/interp/peak-classes.ts';
import type { ActivationStore } from '../../../../src/engine/store/types.ts';

/** Six contexts of two tokens: context c holds the tokens c and c + 10. */
const reads: [number, number][] = [];
const store = {
  manifest: { contextLength: 2 },
  tokens: (first: number, count: number) => {
    reads.push([first, count]);
    return Int32Array.from({ length: 2 * count }, (_, i) => first + (i >> 1) + 10 * (i % 2));
  },
} as unknown as Pick<ActivationStore, 'tokens' | 'manifest'>;

const examples = (offsets: number[], rows: readonly (readonly [group: number, context: number, peak: number])[]) => ({
  offsets: Int32Array.from(offsets), group: Uint8Array.from(rows, ([group]) => group), rank: new Uint8Array(rows.length), context: Int32Array.from(rows, ([, context]) => context),
  start: new Int32Array(rows.length), peak: Int32Array.from(rows, ([, , peak]) => peak), value: new Float32Array(rows.length), activations: new Float32Array(0), length: new Int32Array(rows.length),
});

test('the class of most peaks of the strongest; neighbouring contexts are read at once', () => {
  // Feature 0 peaks on the tokens 11, 12 (words) and 0 (a digit); feature 1 on one of each; feature 2 has only examples below 0; feature 3 none.
  const all = examples([0, 4, 6, 7, 7], [[0, 1, 1], [0, 2, 1], [0, 0, 0], [1, 5, 0], [0, 1, 1], [0, 1, 0], [6, 5, 0]]);
  reads.length = 0;
  const classOf = classesOf({ vocab: 20, display: (id) => (id >= 10 ? ` w` : '7'), specialTokenIds: new Set() });
  assert.deepEqual([...peakClasses(all, store, classOf, [0, 6])], [6, 0, 1, 0]);
  assert.deepEqual(reads, [[0, 3], [5, 1]]);
});

test('an id that the tokenizer lacks is other', () => {
  assert.equal(classesOf({ vocab: 2, display: () => 'a', specialTokenIds: new Set([1]) })(9), 'other');
  assert.equal(classesOf({ vocab: 2, display: () => 'a', specialTokenIds: new Set([1]) })(1), 'special');
});
