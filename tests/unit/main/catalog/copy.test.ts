/** What happens to hostile rows is in hostile.test.ts; here, what a copy keeps and what it makes anew. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { copyValidated } from '../../../../src/main/catalog/copy.ts';
import { addFeatureComment } from '../../../../src/main/catalog/commenting.ts';
import { addToFeatureList, createFeatureList } from '../../../../src/main/catalog/feature-lists.ts';
import { setLabel, setReviewState, undoLastLabel } from '../../../../src/main/catalog/labelling.ts';
import { addMap } from '../../../../src/main/catalog/mapping.ts';
import { addDirections } from '../../../../src/main/catalog/meaning.ts';
import { openCatalogReader, openCatalogWriter } from '../../../../src/main/catalog/opening.ts';
import { search } from '../../../../src/main/catalog/reading.ts';
import { info } from '../../../../src/main/catalog/tables/info.ts';
import { setCurrentLabel } from '../../../../src/main/catalog/tables/features.ts';
import { currentLabel, labelHistory } from '../../../../src/main/catalog/tables/labels.ts';
import { addScore } from '../../../../src/main/catalog/tables/scores.ts';
import { dumpCatalog } from '../../../support/dump-catalog.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-copy-'));
const [from, to] = [join(folder, 'from.loupe'), join(folder, 'to.loupe')];

before(() => {
  generateCatalog(from, { features: 40, contexts: 12, contextLength: 64, vocabulary: 100 });
  const db = openCatalogWriter(from);
  const label = (text: string) => setLabel(db, { source: 1, index: 0, text, author: 'Ada', kind: 'manual', confidence: 1, notes: '' });
  label('kept');
  label('undone');
  undoLastLabel(db, { source: 1, index: 0 });
  addScore(db, { uid: 's', label: currentLabel(db, 1, 0)!.id, scorer: 'detection', value: 0.7, low: 0.6, high: 0.8, n: 70, negatives: 'random', judge: 'rule', promptHash: 'p', createdAt: 't', details: '{}' });
  setCurrentLabel(db, 1, 0, currentLabel(db, 1, 0), 0.7);
  setReviewState(db, { source: 1, index: 3, author: 'Ada', state: 'unsure' });
  const { list } = createFeatureList(db, { name: 'herbs', notes: 'n', author: 'Ada' });
  addToFeatureList(db, { list: list.id, items: [{ source: 1, index: 3, note: 'why' }], author: 'Ada' });
  addFeatureComment(db, { source: 1, index: 3, text: 'two senses', author: 'Bo' });
  addDirections(db, { source: 1, encoder: { name: 'toy', hash: 'h', dim: 2 }, texts: [{ index: 0, kind: 'label', text: 'kept' }], vectors: Float32Array.of(0.6, 0.8) });
  addMap(db, { source: 1, kind: 'umap', options: '{}', points: new Float32Array(80), createdAt: 't' });
  db.close();
  copyValidated(from, to);
});

after(() => rmSync(folder, { recursive: true }));

test('every row is the same, and so is the text index; the file has an identity of its own', () => {
  const [a, b] = [dumpCatalog(from), dumpCatalog(to)];
  for (const table of ['models', 'vocabulary', 'stores', 'contexts', 'sources', 'features', 'feature_details', 'feature_extras', 'examples', 'labels', 'scores', 'reviews', 'lists', 'list_items', 'comments', 'encoders', 'embeddings', 'maps', 'contexts_fts_docsize']) assert.deepEqual(b[table], a[table], table);
  const [one, other] = [openCatalogReader(from), openCatalogReader(to)];
  assert.notEqual(info(one).get('uid'), info(other).get('uid'));
  one.close();
  other.close();
});

test('labels keep their history; the index holds the current ones', () => {
  const db = openCatalogReader(to);
  assert.deepEqual(labelHistory(db, 1, 0).slice(0, 2).map(({ text, undoneAt }) => [text, undoneAt === null]), [['undone', false], ['kept', true]]);
  assert.equal(search(db, { source: 1, text: 'kept', in: 'labels', limit: 5 }).hits.length, 1);
  assert.equal(search(db, { source: 1, text: 'undone', in: 'labels', limit: 5 }).hits.length, 0);
  db.close();
});
