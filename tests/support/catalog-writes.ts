/**
 * One kind of write to a catalog, again and again until it is killed: `node catalog-writes.ts KIND FOLDER`. Says "ready" when it begins.
 * What lies in FOLDER was made by `prepareWrites`; tests look at it after the kill.
 */
import { copyFileSync, existsSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { copyValidated } from '../../src/main/catalog/copy.ts';
import { openWriter } from '../../src/main/catalog/handle.ts';
import type { WriteHandle } from '../../src/main/catalog/handle.ts';
import { setLabel, undoLastLabel } from '../../src/main/catalog/labelling.ts';
import { applyMerge } from '../../src/main/catalog/merge/apply.ts';
import { undoMerge } from '../../src/main/catalog/merge/undo.ts';
import { initial } from '../../src/main/catalog/migrations/0001-initial.ts';
import { makeCatalog, openCatalogWriter } from '../../src/main/catalog/opening.ts';
import { migrate } from '../../src/main/catalog/schema.ts';
import { addPeopleRow } from '../../src/main/catalog/tables/people.ts';

export const writeKinds = ['label', 'undo', 'list', 'comment', 'merge', 'undo-merge', 'import', 'copy', 'migration'] as const;
export type WriteKind = (typeof writeKinds)[number];

const features = 40;
const at = '2026-01-01T00:00:00.000Z';

/** `mine.loupe`, `theirs.loupe` (other labels, and a source that mine lacks) and `old.loupe` (of the first schema). */
export function prepareWrites(folder: string): void {
  const [mine, theirs, other] = ['mine', 'theirs', 'other'].map((name) => join(folder, `${name}.loupe`)) as [string, string, string];
  generateCatalog(mine, { features, contexts: 12, contextLength: 64, vocabulary: 100, labelled: 0, seed: 1 });
  copyFileSync(mine, theirs);
  const db = openCatalogWriter(theirs);
  for (let index = 0; index < features; index++) setLabel(db, { source: 1, index, text: `theirs ${index}`, author: 'Ben', kind: 'manual', confidence: 3, notes: '' });
  generateCatalog(other, { features: 30, contexts: 12, contextLength: 64, vocabulary: 100, labelled: 1, seed: 2 });
  applyMerge(db, { from: other, openHere: false, sources: [1], conflicts: 'both', choices: {}, author: 'Ben' });
  db.close();
  rmSync(other);
  makeOld(join(folder, 'old.loupe'));
}

/** A catalog of the first schema with some thousands of rows. */
function makeOld(path: string): void {
  const db = openWriter(path, true);
  migrate(db, 0, [initial]);
  db.transaction(() => {
    db.exec(`INSERT INTO info VALUES ('uid', 'old')`);
    db.exec(`INSERT INTO models VALUES (1, 'h', 't', 'n', 'f', 1, 1)`);
    db.exec(`INSERT INTO stores VALUES (1, 1, 's', 'c', 'c', 8)`);
    db.exec(`INSERT INTO sources VALUES (1, 'sae', 'x', 1, 1, 'blocks.0.hook_resid_post', 0, NULL, 4000, 100, 4000, 1, '{}')`);
    db.exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3999) INSERT INTO features (source, idx, firings, density, max, mean) SELECT 1, i, 0, 0, 0, 0 FROM n`);
    db.exec(`INSERT INTO feature_details SELECT 1, idx, 0, 0, zeroblob(200), zeroblob(20), x'', x'' FROM features`);
  });
  db.close();
}

const work: Readonly<Record<WriteKind, (folder: string, db: WriteHandle, round: number) => void>> = {
  label: (_folder, db, i) => void setLabel(db, { source: 1, index: i % features, text: `label ${i}`, author: 'Ada', kind: 'manual', confidence: 3, notes: 'x'.repeat(2000) }),
  undo: (_folder, db, i) => {
    setLabel(db, { source: 1, index: i % features, text: `label ${i}`, author: 'Ada', kind: 'manual', confidence: 3, notes: '' });
    undoLastLabel(db, { source: 1, index: i % features });
  },
  list: (_folder, db, i) => db.transaction(() => {
    addPeopleRow(db, 'lists', { uid: `list-${i}`, name: `list ${i}`, notes: 'x'.repeat(1000), author: 'Ada', created_at: at, deleted_at: null });
    for (let feature = 0; feature < features; feature++) addPeopleRow(db, 'list_items', { list: `list-${i}`, source: 1, feature, place: feature, note: '', author: 'Ada', created_at: at });
  }),
  comment: (_folder, db, i) => addPeopleRow(db, 'comments', { uid: `comment-${i}`, source: 1, feature: i % features, text: 'x'.repeat(2000), author: 'Ada', created_at: at, deleted_at: null }),
  merge: (folder, db, i) => merge(folder, db, i),
  'undo-merge': (folder, db, i) => merge(folder, db, i),
  import: (folder, _db, i) => {
    // The studio copies under a hidden name and renames; killed, at most the hidden name is left.
    const aside = join(folder, '.import.partial');
    rmSync(aside, { force: true });
    copyValidated(join(folder, 'theirs.loupe'), aside);
    copyFileSync(aside, join(folder, `import-${i % 2}.loupe.whole`));
  },
  copy: (folder, _db, i) => {
    const to = join(folder, `copy-${i % 2}.loupe`);
    if (existsSync(to)) rmSync(to);
    copyValidated(join(folder, 'theirs.loupe'), to);
  },
  migration: (folder) => {
    const path = join(folder, 'lifted.loupe');
    for (const name of [path, `${path}-journal`]) rmSync(name, { force: true });
    copyFileSync(join(folder, 'old.loupe'), path);
    openCatalogWriter(path).close();
  },
};

function merge(folder: string, db: WriteHandle, _round: number): void {
  const { merge: id } = applyMerge(db, { from: join(folder, 'theirs.loupe'), openHere: false, sources: [2], conflicts: 'both', choices: {}, author: 'Ada' });
  undoMerge(db, { merge: id! });
}

if (process.argv[1] === import.meta.filename) {
  const [kind, folder] = process.argv.slice(2) as [WriteKind, string];
  const db = openCatalogWriter(join(folder, 'mine.loupe'));
  makeCatalog(join(folder, 'started.loupe'));
  writeSync(1, 'ready\n');
  for (let round = 0; ; round++) work[kind](folder, db, round);
}
