import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldFeatures, withSelection } from '../../../../src/main/catalog/selection.ts';

test('a note of a selection stands beside what the provenance said before, and a new one takes its place', () => {
  const once = withSelection('{"model":"m"}', { features: 3, of: 10 });
  assert.deepEqual(JSON.parse(once), { model: 'm', selection: { features: 3, of: 10 } });
  assert.deepEqual(JSON.parse(withSelection(once, { features: 2 })), { model: 'm', selection: { features: 2 } });
});

test('provenance that is no object is kept', () => {
  assert.deepEqual(JSON.parse(withSelection('no json', { features: 0 })), { before: 'no json', selection: { features: 0 } });
  assert.deepEqual(JSON.parse(withSelection('[1]', { features: 0 })), { before: [1], selection: { features: 0 } });
});

test('without a note, or with one that cannot be, a source holds all its features', () => {
  assert.equal(heldFeatures({ features: 10, provenance: withSelection('{}', { features: 3 }) }), 3);
  for (const selection of [undefined, null, 5, {}, { features: -1 }, { features: 11 }, { features: 2.5 }, { features: '3' }]) {
    assert.equal(heldFeatures({ features: 10, provenance: JSON.stringify({ selection }) }), 10);
  }
  assert.equal(heldFeatures({ features: 10, provenance: 'no json' }), 10);
});

test('a note without a count is a defect', () => {
  assert.throws(() => withSelection('{}', { features: Number.NaN }), { kind: 'defect' });
});
