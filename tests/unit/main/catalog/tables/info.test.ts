import assert from 'node:assert/strict';
import { test } from 'node:test';
import { info, setInfo } from '../../../../../src/main/catalog/tables/info.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('a fact is set, and set again', () => {
  const db = smallCatalog();
  setInfo(db, 'uid', 'a');
  setInfo(db, 'uid', 'b');
  assert.deepEqual([...info(db)], [['uid', 'b']]);
  db.close();
});
