import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignPeople, matchSources, ownPeople } from '../../../../../src/main/catalog/merge/people.ts';
import { addPeopleRow } from '../../../../../src/main/catalog/tables/people.ts';
import { addSource, sources } from '../../../../../src/main/catalog/tables/sources.ts';
import type { NewSource } from '../../../../../src/main/catalog/tables/sources.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';
import { setLabelAt } from '../../../../support/teammates.ts';

const now = Date.parse('2026-06-01');
const other: NewSource = {
  kind: 'topk', name: 'other', model: 1, store: 1, hookPoint: 'blocks.1.hook_resid_post', layer: 1, dictionaryHash: 'another', features: 3, tokens: 14, dead: 0, complete: true, provenance: '{}',
};

test('a source is known by model, hook and dictionary, whatever it is called and whatever its id', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  addSource(theirs, other);
  mine.run('UPDATE sources SET name = ? WHERE id = 1', 'mine');
  assert.deepEqual(matchSources(mine, theirs).map((match) => [match.theirs.id, match.mine?.id ?? null]), [[1, 1], [2, null]]);
  addSource(mine, { ...other, dictionaryHash: 'a third' });
  addSource(mine, { ...other, name: 'renamed' });
  assert.deepEqual(matchSources(mine, theirs).map((match) => match.mine?.id), [1, 3]);
});

test('their rows come numbered as ours; what belongs to a source that we lack stays away, with what hangs on it', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  addSource(theirs, other);
  theirs.exec('INSERT INTO features (source, idx, firings, density, max, mean) VALUES (2, 0, 0, 0, 0, 0)');
  setLabelAt(theirs, { uid: 'here', feature: 0, text: 'x', author: 'a', created_at: '2026-01-01' });
  addPeopleRow(theirs, 'labels', { uid: 'there', source: 2, feature: 0, text: 'y', author: 'a', kind: 'manual', confidence: null, notes: '', family: '', resolution: 0, created_at: '2026-01-01', undone_at: null });
  for (const label of ['here', 'there']) addPeopleRow(theirs, 'scores', { uid: `s-${label}`, label, scorer: 'd', value: 1, low: null, high: null, n: 1, negatives: '', judge: '', prompt_hash: '', created_at: '2026-01-01', details: '' });
  const ours = { ...sources(mine)[0]!, id: 5 };
  const found = foreignPeople(theirs, [{ theirs: sources(theirs)[0]!, mine: ours, held: new Set([0]) }, { theirs: sources(theirs)[1]!, mine: null, held: new Set() }], now);
  assert.deepEqual([...found.labels.values()].map(({ uid, source }) => [uid, source]), [['here', 5]]);
  assert.deepEqual([...found.scores.values()].map(({ uid }) => uid), ['s-here']);
});

test('a row of a feature that our selection lacks stays away; one that no source can have is refused', () => {
  const theirs = smallCatalog();
  setLabelAt(theirs, { uid: 'u', feature: 2, text: 'x', author: 'a', created_at: '2026-01-01' });
  const [row] = sources(theirs);
  assert.equal(foreignPeople(theirs, [{ theirs: row!, mine: row!, held: new Set([0, 1]) }], now).labels.size, 0);
  assert.throws(() => foreignPeople(theirs, [{ theirs: { ...row!, features: 2 }, mine: row!, held: new Set([0, 1, 2]) }], now), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
});

test('times that are no times are refused', () => {
  for (const time of ['yesterday', '2026-13-45', '', '2027-01-01']) {
    const theirs = smallCatalog();
    setLabelAt(theirs, { uid: 'u', feature: 0, text: 'x', author: 'a', created_at: time });
    const [row] = sources(theirs);
    assert.throws(() => foreignPeople(theirs, [{ theirs: row!, mine: row!, held: new Set([0]) }], now), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file', time);
  }
});

test('ours are read as they are', () => {
  const db = smallCatalog();
  setLabelAt(db, { uid: 'u', feature: 0, text: 'x', author: 'a', created_at: 'whenever' });
  assert.equal(ownPeople(db).labels.size, 1);
});
