/** `loupe catalog merge | import` on generated catalogs. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { openCatalog, stopThreads } from '../../../../src/main/catalog/client.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { snapshot } from '../../../support/folders.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

after(stopThreads);

async function label(path: string, index: number, text: string, author: string): Promise<void> {
  const catalog = await openCatalog(path);
  await catalog.setLabel({ source: 1, index, text, author, kind: 'manual', confidence: null, notes: '' });
  await catalog.close();
}

/** Mine and theirs went apart: feature 1 differs, feature 2 is only theirs. */
async function pair(t: TestContext): Promise<{ folder: string; mine: string; theirs: string }> {
  const folder = temporaryFolder(t);
  const [mine, theirs] = [join(folder, 'mine.loupe'), join(folder, 'theirs.loupe')];
  generateCatalog(mine, { features: 6, contexts: 4, contextLength: 32, vocabulary: 40, labelled: 0 });
  copyFileSync(mine, theirs);
  await label(mine, 1, 'red', 'Ada');
  await label(theirs, 1, 'blue', 'Ben');
  await label(theirs, 2, 'green', 'Ben');
  return { folder, mine, theirs };
}

const shown = async (path: string, index: number): Promise<string | undefined> => {
  const catalog = await openCatalog(path);
  try {
    return (await catalog.feature({ source: 1, index })).label?.text;
  } finally {
    await catalog.close();
  }
};

describe('merge', () => {
  test('a dry run tells what would change and changes nothing', async (t) => {
    const { folder, mine, theirs } = await pair(t);
    const before = snapshot(folder);
    const { counts, authors } = resultOf(await inProcess(['catalog', 'merge', mine, theirs, '--dry-run'])) as { counts: Record<string, number>; authors: unknown };
    assert.deepEqual([counts['new'], counts['conflict']], [1, 1]);
    assert.deepEqual(authors, [{ author: 'Ben', rows: 2 }]);
    assert.deepEqual(snapshot(folder), before);
  });

  test('without a decision nothing is merged; with one it is, and can be taken back', async (t) => {
    const { mine, theirs } = await pair(t);
    assertRefused(await inProcess(['catalog', 'merge', mine, theirs]), { kind: 'conflict', says: [/1 labels differ/] });
    assert.equal(await shown(mine, 2), undefined);
    const result = resultOf(await inProcess(['catalog', 'merge', mine, theirs, '--conflicts', 'mine']));
    assert.deepEqual([result['labels'], await shown(mine, 1), await shown(mine, 2)], [2, 'red', 'green']);
    assert.equal(resultOf(await inProcess(['catalog', 'merge', mine, theirs, '--conflicts', 'theirs']))['merge'], null);
    assert.equal(resultOf(await inProcess(['catalog', 'merge', mine, theirs, '--undo', String(result['merge'])]))['labels'], 2);
    assert.deepEqual([await shown(mine, 1), await shown(mine, 2)], ['red', undefined]);
    assert.equal(resultOf(await inProcess(['catalog', 'merge', mine, theirs, '--conflicts', 'theirs']))['labels'], 2);
    assert.equal(await shown(mine, 1), 'blue');
  });

  test('a wrong word, and the very same file, are refused', async (t) => {
    const { mine, theirs } = await pair(t);
    assertRefused(await inProcess(['catalog', 'merge', mine, theirs, '--conflicts', 'ours']), { kind: 'bad-request', says: [/--conflicts must be/] });
    assertRefused(await inProcess(['catalog', 'merge', mine, mine]), { kind: 'bad-request', says: [/this very catalog/] });
    assertRefused(await inProcess(['catalog', 'merge', mine, join(mine, 'none')]), { kind: 'not-found', says: [/none/] });
  });
});

describe('import', () => {
  test('makes a fresh file under the next free name, in the workspace or where it is told', async (t) => {
    const { folder, theirs } = await pair(t);
    const workspace = join(folder, 'workspace');
    for (const name of ['theirs.loupe', 'theirs-2.loupe']) {
      const { out } = resultOf(await inProcess(['catalog', 'import', theirs, '--workspace', workspace]));
      assert.equal(out, join(workspace, 'catalogs', name));
      assert.equal(await shown(String(out), 2), 'green');
    }
    const out = join(folder, 'copy.loupe');
    resultOf(await inProcess(['catalog', 'import', theirs, '--out', out]));
    assertRefused(await inProcess(['catalog', 'import', theirs, '--out', out]), { kind: 'conflict', says: [/exists already/] });
    assert.ok(existsSync(out));
  });
});
