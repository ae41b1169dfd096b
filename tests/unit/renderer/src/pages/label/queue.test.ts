import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultQueue, pace, parseQueue, queueAddress, queueChoices, queueFilter } from '../../../../../../src/renderer/src/pages/label/queue.ts';
import { between } from '../../../../../../src/renderer/src/pages/label/parts/places.ts';
import { shares } from '../../../../../../src/renderer/src/pages/label/parts/shares.ts';

test('a queue goes into an address and comes back; what cannot be read is the default', () => {
  for (const kind of queueChoices) {
    const query = { kind, list: kind === 'list' ? 4 : null, scoreAtMost: kind === 'machine' ? 0.7 : defaultQueue.scoreAtMost };
    assert.deepEqual(parseQueue(queueAddress(query)), query);
  }
  assert.deepEqual(queueAddress(defaultQueue), {});
  assert.deepEqual(parseQueue({ queue: 'nonsense', list: 'x', score: '7' }), defaultQueue);
});

test('the filter of a queue; none for the table and for a list that is not chosen', () => {
  assert.deepEqual(queueFilter({ ...defaultQueue, kind: 'machine' }), { kind: 'machine', scoreAtMost: 0.6 });
  assert.deepEqual(queueFilter({ ...defaultQueue, kind: 'list', list: 3 }), { kind: 'list', list: 3 });
  assert.deepEqual([queueFilter({ ...defaultQueue, kind: 'list' }), queueFilter({ ...defaultQueue, kind: 'table' })], [null, null]);
});

test('the pace is the median of the last labels', () => {
  assert.deepEqual([pace([]), pace([8]), pace([100, 3, 5, 4], 3)], [null, 8, 4]);
});

test('a moved item finds a place between two others, or beyond the ends', () => {
  assert.deepEqual([between([1, 2, 3], 2, -1), between([1, 2, 3], 1, -1), between([1, 2, 3], 0, 1), between([1, 2, 3], 1, 1)], [1.5, 0, 2.5, 4]);
});

test('shares: three people, the others, the machines', () => {
  const author = (name: string, features: number, kind: 'manual' | 'rule' = 'manual') => ({ author: name, kind, features, labels: features, secondsEach: null });
  const found = shares({ features: 100, dead: 0, byPeople: 0, byMachines: 0, skipped: 0, unsure: 0, disagreements: 0, authors: [author('a', 1), author('b', 9), author('c', 5), author('d', 2), author('rule', 40, 'rule'), author('none', 0)] });
  assert.deepEqual(found.map(({ name, share, tone }) => [name, share, tone]), [['b', 0.09, 'one'], ['c', 0.05, 'two'], ['d', 0.02, 'three'], ['others', 0.01, 'four'], ['guessed', 0.4, 'machine']]);
});
