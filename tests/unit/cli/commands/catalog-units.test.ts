/** `loupe catalog build --units`: what is refused, where the units lie, labels and search on what comes of it. The figures: interp/units-of-every-kind.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openCatalog, stopThreads } from '../../../../src/main/catalog/client.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { makeUnitsCatalog, makeUnitsStore, writeUnitsModel } from '../../../support/units.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
after(async () => stopThreads());

describe('bad input', () => {
  test('a hook without units, a model of other weights, more than there are, nothing named; nothing is left behind', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'loupe-units-bad-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const job = await makeUnitsStore(folder, 'relu');
    const refusals: readonly (readonly [readonly string[], string, RegExp])[] = [
      [['--hook', 'blocks.1.hook_resid_post'], 'unsupported', /blocks\.1\.mlp\.hook_post/],
      [['--hook', 'blocks.0.mlp.hook_post'], 'mismatch', /blocks\.0\.mlp\.hook_post/],
      [['--model', join(folder, 'other')], 'mismatch', /model/],
    ];
    writeUnitsModel(join(folder, 'other'), 'switch');
    for (const [changed, kind, words] of refusals) {
      assertRefused(await inProcess(job.arguments(...changed)), { kind: kind as 'mismatch', says: [words] });
      assert.deepEqual([existsSync(job.catalog), existsSync(join(job.workspace, 'dictionaries'))], [false, false]);
    }
    assertRefused(await inProcess(job.arguments('--keep', '65')), { kind: 'bad-request', says: [/65/, /64 units/] });
    assertRefused(await inProcess(['catalog', 'build', '--store', job.store, '--model', job.model, '--out', job.catalog]), { kind: 'bad-request', says: [/--dictionary/, /units/] });
    assert.equal(existsSync(job.catalog), false);
  });

  test('built again, the folder of the units is found; of a model with other weights another is made beside it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'loupe-units-again-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const first = await makeUnitsCatalog(folder, 'relu', '--no-labels');
    const again = resultOf(await inProcess(first.arguments('--no-labels', '--name', 'again')));
    assert.equal(again['dictionary'], first.result['dictionary']);
    rmSync(first.store, { recursive: true });
    const other = await makeUnitsCatalog(folder, 'moe-x', '--no-labels', '--out', join(folder, 'other.loupe'));
    assert.match(String(other.result['dictionary']), /-[0-9a-f]{8}$/);
  });
});

test('first guesses of labels are made, a label of a person holds, and units are found by their names', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-units-search-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { catalog: path, result } = await makeUnitsCatalog(folder, 'moe-x');
  assert.ok(Number(result['labelled']) > 0);
  const catalog = await openCatalog(path);
  try {
    const asked = { source: 1, sort: 'index', descending: false, filter: {}, only: null, offset: 0, limit: 50 } as const;
    const named = async (search: string): Promise<number[]> => (await catalog.features({ ...asked, search })).rows.map(({ index }) => index);
    assert.deepEqual(await named('expert 2, neuron 5'), [21]);
    assert.deepEqual(await named('Expert 3'), [24, 25, 26, 27, 28, 29, 30, 31]);
    assert.deepEqual(await named('neuron 0'), [0, 8, 16, 24]);
    assert.deepEqual(await named('expert 9'), []);
    await catalog.setLabel({ source: 1, index: 21, text: 'queens', author: 'me', kind: 'manual', confidence: 4, notes: '' });
    assert.deepEqual(await named('queens'), [21]);
    const found = resultOf(await inProcess(['catalog', 'search', path, 'queens'])) as { labels: { index: number }[] };
    assert.deepEqual(found.labels.map(({ index }) => index), [21]);
    assert.equal(resultOf(await inProcess(['catalog', 'verify', path]))['ok'], true);
  } finally {
    await catalog.close();
  }
});
