import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asBits, domainOf, emptiedLayer, emptySelection, expertName, ofDomain, selectedCount, withExperts } from '../../../../../src/renderer/src/experts/selection.ts';

const owners = [Int32Array.of(0, 1, -1, 0), Int32Array.of(-1, -1, 1, -1)];

test('experts are added, taken away, toggled or the only ones of their layer; other layers stay', () => {
  const one = withExperts(emptySelection, 0, [1, 2], 'only');
  const two = withExperts(one, 1, [3], 'only');
  assert.deepEqual([selectedCount(one), selectedCount(two)], [2, 3]);
  assert.deepEqual([...withExperts(two, 0, [0, 1], 'toggle').get(0)!], [2, 0]);
  assert.deepEqual([...withExperts(two, 0, [0], 'add').get(0)!], [1, 2, 0]);
  assert.equal(withExperts(two, 0, [1, 2], 'remove').has(0), false);
  assert.deepEqual([...withExperts(two, 0, [3], 'only').get(0)!], [3]);
  assert.equal(selectedCount(emptySelection), 0);
});

test('all of a domain reaches over layers, and is known again as long as it is just that', () => {
  const all = ofDomain(owners, 0);
  assert.deepEqual([...all].map(([layer, set]) => [layer, [...set]]), [[0, [0, 3]]]);
  assert.deepEqual([...ofDomain(owners, 1)].map(([layer, set]) => [layer, [...set]]), [[0, [1]], [1, [2]]]);
  assert.deepEqual([domainOf(all, owners, 2), domainOf(ofDomain(owners, 1), owners, 2)], [0, 1]);
  assert.equal(domainOf(withExperts(all, 0, [1], 'add'), owners, 2), null);
  assert.equal(domainOf(emptySelection, owners, 2), null);
});

test('a layer of which nothing would be left is named', () => {
  assert.equal(emptiedLayer(withExperts(emptySelection, 2, [0, 1, 2, 3], 'only'), 4), 2);
  assert.equal(emptiedLayer(withExperts(emptySelection, 2, [0, 1, 2], 'only'), 4), null);
});

test('bits are the lowest first, layers rise', () => {
  const selection = withExperts(withExperts(emptySelection, 3, [9], 'only'), 1, [0, 7], 'only');
  assert.deepEqual(asBits(selection, 12), [{ layer: 1, experts: Buffer.from([129, 0]).toString('base64') }, { layer: 3, experts: Buffer.from([0, 2]).toString('base64') }]);
  const many = withExperts(emptySelection, 0, Array.from({ length: 262_144 }, (_, i) => i).filter((i) => i % 2 === 0), 'only');
  assert.equal(Buffer.from(asBits(many, 262_144)[0]!.experts, 'base64').length, 32_768);
});

test('names are pairs in a square and numbers in a list', () => {
  assert.deepEqual([expertName(7, 'square', 16), expertName(7, 'list', 8)], ['expert (1, 3)', 'expert 7']);
});
