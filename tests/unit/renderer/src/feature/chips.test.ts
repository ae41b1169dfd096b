import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chipsOf } from '../../../../../src/renderer/src/feature/chips.ts';
import { defaultQuery, isFiltered, refine } from '../../../../../src/renderer/src/feature/query.ts';

const names = { list: (id: number) => (id === 1 ? 'mine' : undefined), set: (key: string) => (key === 'k' ? '3 on the map' : undefined) };

test('each condition is said in words, and its chip takes it off alone', () => {
  const query = { ...refine(defaultQuery, { densityMin: 0.01, densityMax: 0.02, scoreMin: 0.7, confidenceMin: 4, confidenceMax: 4, labelled: true, dead: false, notes: true, labelKind: 'rule', author: 'Ada', family: 'topic', tokenClass: 'digits', list: 1 } as const), set: 'k' };
  const chips = chipsOf(query, names);
  assert.deepEqual(chips.map(({ text }) => text), [
    '3 on the map', 'density 1.00 % to 2.00 %', 'score ≥ 0.700', 'confidence 4', 'labelled', 'alive', 'with notes', 'label: rule', 'by Ada', 'family topic', 'token class digits', 'in the list mine',
  ]);
  assert.deepEqual(chips[1]!.without, refine(query, { densityMin: undefined, densityMax: undefined }));
  for (const chip of chips) assert.equal(chipsOf(chip.without, names).length, chips.length - 1);
});

test('a set that this window does not have says so, and can be taken off with the order that it gave', () => {
  const [chip] = chipsOf({ ...defaultQuery, set: 'other', sort: 'relevance' }, names);
  assert.match(chip!.text, /does not have/);
  assert.deepEqual([isFiltered(chip!.without), chip!.without.sort], [false, 'index']);
});

test('nothing asked for, no chips; the search has its own box', () => {
  assert.deepEqual(chipsOf({ ...defaultQuery, search: 'move' }, names), []);
});
