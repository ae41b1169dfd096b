import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packSource } from '../../../../../src/main/catalog/columns/packed.ts';
import { hitsInContexts, rankedByLabel, searchMask } from '../../../../../src/main/catalog/columns/search.ts';
import { columnsOf } from '../../../../../src/main/catalog/columns/source-columns.ts';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { source } from '../../../../../src/main/catalog/tables/sources.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

for (const packed of [true, false]) {
  const how = packed ? 'packed contexts' : 'rows';

  test(`hits come in feature order, each with its first context (${how})`, () => {
    const db = smallCatalog();
    if (packed) packSource(db, source(db, 1)!);
    const columns = columnsOf(db, source(db, 1)!);
    assert.equal(columns.contexts() !== null, packed);
    // "red" is in both contexts, "blue" in the second only; feature 0 has examples in both, feature 1 in the second.
    assert.deepEqual(hitsInContexts(db, columns, '"red"', 9), [{ feature: 0, context: 1 }, { feature: 1, context: 2 }]);
    assert.deepEqual(hitsInContexts(db, columns, '"blue"', 1), [{ feature: 0, context: 2 }]);
    assert.deepEqual(hitsInContexts(db, columns, '"mauve"', 9), []);
    assert.deepEqual([...searchMask(db, columns, { labels: '"green"', contexts: '"green"' })], [1, 0, 0]);
    db.close();
  });
}

test('labels are ranked by bm25: a word in a short label before the same in a long one, in a label before notes', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 0, text: 'odd', author: '', kind: 'manual', confidence: null, notes: 'violet' });
  setLabel(db, { source: 1, index: 1, text: 'violet among many other words in a row', author: '', kind: 'manual', confidence: null, notes: '' });
  setLabel(db, { source: 1, index: 2, text: 'violet', author: '', kind: 'manual', confidence: null, notes: '' });
  assert.deepEqual(rankedByLabel(db, columnsOf(db, source(db, 1)!), '"violet"'), [2, 1, 0]);
  db.close();
});
