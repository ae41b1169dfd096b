/** The recipe of docs/file-formats.md, run by a real Python on a catalog, gives what Loupe itself reads. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { openCatalog, stopThreads } from '../../src/main/catalog/client.ts';
import { parityPython } from '../support/parity-python.ts';
import { temporaryFolder } from '../support/temporary.ts';

const script = resolve(import.meta.dirname, 'catalog-recipe.py');

after(stopThreads);

test('pandas reads the same features, labels and examples', async (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 50, contexts: 20, contextLength: 64, vocabulary: 200, labelled: 0.5 });
  const { status, stdout, stderr } = spawnSync(await parityPython(), [script, path], { encoding: 'utf8', timeout: 120_000 });
  assert.equal(status, 0, stderr);
  const theirs = JSON.parse(stdout) as { idx: number; density: number; label: string | null; example: string }[];
  const catalog = await openCatalog(path);
  try {
    assert.equal(theirs.length, 20);
    for (const row of theirs) {
      const page = await catalog.feature({ source: 1, index: row.idx });
      assert.ok(Math.abs(page.density - row.density) < 1e-9);
      assert.equal(row.label, page.label?.text ?? null);
      const { preview } = (await catalog.features({ source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: row.idx, limit: 1 })).rows[0]!;
      assert.ok(row.example.includes(preview!.peak));
    }
  } finally {
    await catalog.close();
  }
});

test('the recipe in the docs is the one that is run', () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/file-formats.md'), 'utf8');
  const lines = readFileSync(script, 'utf8').split('\n').slice(1).filter((line) => line !== '');
  for (const line of lines) assert.ok(docs.includes(line), line);
});
