import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchSources, foreignPeople, ownPeople } from '../../../../../src/main/catalog/merge/people.ts';
import { planMerge } from '../../../../../src/main/catalog/merge/plan.ts';
import { describeMerge } from '../../../../../src/main/catalog/merge/preview.ts';
import { addPeopleRow } from '../../../../../src/main/catalog/tables/people.ts';
import { mergePreviewSchema } from '../../../../../src/shared/schema/share.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';
import { setLabelAt } from '../../../../support/teammates.ts';

test('the preview counts features, tells whose rows come, and shows both labels of each change', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  setLabelAt(mine, { uid: 'm', feature: 0, text: 'red', author: 'Ada', created_at: '2026-01-01' });
  setLabelAt(theirs, { uid: 't', feature: 0, text: 'blue', author: 'Ben', created_at: '2026-01-02' });
  setLabelAt(theirs, { uid: 'n', feature: 1, text: 'green', author: 'Ben', created_at: '2026-01-02' });
  addPeopleRow(theirs, 'comments', { uid: 'c', source: 1, feature: 1, text: 'sure?', author: 'Eve', created_at: '2026-01-02', deleted_at: null });
  const matches = matchSources(mine, theirs);
  const preview = mergePreviewSchema.parse(describeMerge(mine, theirs, matches, planMerge(ownPeople(mine), foreignPeople(theirs, matches, Date.now()))));
  assert.deepEqual([preview.counts.conflict, preview.counts.new], [1, 1]);
  assert.deepEqual(preview.authors, [{ author: 'Ben', rows: 2 }, { author: 'Eve', rows: 1 }]);
  assert.deepEqual(preview.changes.map(({ index, status, mine: a, theirs: b }) => [index, status, a?.text, b?.text]), [[0, 'conflict', 'red', 'blue'], [1, 'new', undefined, 'green']]);
  assert.deepEqual(preview.tables.find(({ table }) => table === 'comments'), { table: 'comments', add: 1, change: 0, kept: 0 });
  assert.deepEqual(preview.sources.map(({ mine: ours, sameStore }) => [ours?.id, sameStore]), [[1, true]]);
});
