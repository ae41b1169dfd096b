import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateCatalog } from '../../../../../bench/generate-catalog.ts';
import { applyMerge } from '../../../../../src/main/catalog/merge/apply.ts';
import { undoMerge } from '../../../../../src/main/catalog/merge/undo.ts';
import { openCatalogWriter } from '../../../../../src/main/catalog/opening.ts';
import { search } from '../../../../../src/main/catalog/reading.ts';
import { labelHistory } from '../../../../../src/main/catalog/tables/labels.ts';
import { sources } from '../../../../../src/main/catalog/tables/sources.ts';
import { verify } from '../../../../../src/main/catalog/verify.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';

const wanted = { conflicts: 'both', choices: {}, author: 'me', openHere: false } as const;

test('a whole source comes over with its labels, and goes again with the merge', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-undo-'));
  const [mine, theirs] = [join(folder, 'mine.loupe'), join(folder, 'theirs.loupe')];
  try {
    generateCatalog(mine, { features: 8, contexts: 4, contextLength: 32, vocabulary: 60, seed: 1 });
    generateCatalog(theirs, { features: 10, contexts: 4, contextLength: 32, vocabulary: 60, seed: 2, labelled: 1 });
    const db = openCatalogWriter(mine);
    const skipped = applyMerge(db, { from: theirs, sources: [], ...wanted });
    assert.equal(skipped.merge, null, 'a source that is not asked for stays away');
    const result = applyMerge(db, { from: theirs, sources: [1], ...wanted });
    assert.deepEqual([result.sources, result.labels], [1, 10]);
    assert.deepEqual(sources(db).map(({ id, features, complete, labelled }) => [id, features, complete, labelled]).at(-1), [2, 10, true, 10]);
    const word = labelHistory(db, 2, 3)[0]!.text.split(' ')[0]!;
    assert.ok(search(db, { source: 2, text: word, in: 'labels', limit: 50 }).hits.some(({ index }) => index === 3));
    assert.deepEqual(verify(mine, true).problems, []);
    assert.equal(applyMerge(db, { from: theirs, sources: [1], ...wanted }).merge, null, 'merged once more, nothing changes');
    undoMerge(db, { merge: result.merge! });
    assert.equal(sources(db).length, 1);
    assert.deepEqual(verify(mine, true).problems, []);
    const twice = (error: unknown): boolean => error instanceof LoupeError && error.kind === 'conflict';
    assert.throws(() => undoMerge(db, { merge: result.merge! }), twice);
    assert.throws(() => undoMerge(db, { merge: 99 }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found');
    db.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
