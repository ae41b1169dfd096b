/** `loupe catalog info | verify | search | build` on a generated catalog; real builds are in the tests of the statistics job. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { stopThreads } from '../../../../src/main/catalog/client.ts';
import { buildConfigOf, buildFolder } from '../../../../src/cli/commands/catalog-build.ts';
import { describeCatalog } from '../../../../src/cli/commands/catalog-info.ts';
import type { CatalogInfo } from '../../../../src/shared/schema/catalog.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';

let folder: string;
let path: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'loupe-cli-catalog-'));
  path = join(folder, 'c.loupe');
  generateCatalog(path, { features: 40, contexts: 20, contextLength: 64, vocabulary: 200, labelled: 1 });
});

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

describe('info', () => {
  test('gives the sources with their provenance as an object', async () => {
    const { complete, sources } = resultOf(await inProcess(['catalog', 'info', path])) as { complete: boolean; sources: { features: number; provenance: object }[] };
    assert.equal(complete, true);
    assert.deepEqual([sources[0]!.features, Object.keys(sources[0]!.provenance)], [40, ['generated']]);
  });

  test('says in words what is incomplete', () => {
    const info = { path: 'c', bytes: 2e6, schemaVersion: 1, complete: false, sources: [] } as unknown as CatalogInfo;
    assert.equal(describeCatalog(info), 'c: 2.0 MB, schema 1, incomplete\n  no source yet');
  });

  test('of what is no catalog is refused', async () => {
    assertRefused(await inProcess(['catalog', 'info', join(folder, 'none.loupe')]), { kind: 'not-found', says: [/none\.loupe/] });
    assertRefused(await inProcess(['catalog', 'info', import.meta.filename]), { kind: 'bad-file', says: [/not an SQLite file/] });
  });
});

describe('verify', () => {
  test('of a sound catalog ends with 0', async () => {
    assert.equal(resultOf(await inProcess(['catalog', 'verify', path]))['ok'], true);
  });

  test('of a harmed one ends with 2 and says what is wrong', async () => {
    const harmed = join(folder, 'harmed.loupe');
    generateCatalog(harmed, { features: 5, contexts: 5, contextLength: 64, vocabulary: 50 });
    truncateSync(harmed, 8192);
    const { status, stdout } = await inProcess(['catalog', 'verify', harmed]);
    assert.equal(status, 2);
    assert.match((JSON.parse(stdout) as { problems: string[] }).problems.join(), /cut off/);
  });
});

describe('search', () => {
  test('looks in labels and contexts, or in one of them', async () => {
    const both = resultOf(await inProcess(['catalog', 'search', path, 'the'])) as { labels: unknown[]; contexts: { index: number; snippet: string }[] };
    assert.ok(both.labels.length > 0 && both.contexts.length > 0);
    const one = resultOf(await inProcess(['catalog', 'search', path, 'the', '--in', 'labels', '--limit', '2'])) as { labels: unknown[] };
    assert.deepEqual([one.labels.length, 'contexts' in one], [2, false]);
  });

  test('refuses options that are wrong, by name and value', async () => {
    assertRefused(await inProcess(['catalog', 'search', path, 'the', '--in', 'notes']), { kind: 'bad-request', says: [/--in/, /notes/] });
    assertRefused(await inProcess(['catalog', 'search', path, 'the', '--limit', '0']), { kind: 'bad-request', says: [/--limit/, /"0"/] });
    assertRefused(await inProcess(['catalog', 'search', path, 'the', '--source', '7']), { kind: 'not-found', says: [/source 7/] });
    assertRefused(await inProcess(['catalog', 'search', path, ' ']), { kind: 'bad-request', says: [/what to look for/] });
  });
});

describe('build', () => {
  const options = { store: 's', dictionary: 'd', model: 'm', out: 'o/c.loupe' };

  test('turns options into a config with whole paths, and keeps its files hidden beside the catalog', () => {
    const config = buildConfigOf({ ...options, topExamples: 7, centreLogits: false }, { seed: 3, workspace: '/w' });
    assert.deepEqual([config.topExamples, config.centreLogits, config.seed, config.store], [7, false, 3, join(process.cwd(), 's')]);
    assert.equal(buildFolder(config.out), join(process.cwd(), 'o', '.c.loupe.build'));
  });

  test('names the options that are wrong', () => {
    assert.throws(() => buildConfigOf({ ...options, window: 0, topExamples: NaN }, { seed: 0, workspace: '/w' }), /--top-examples: .*--window: /s);
  });

  test('without a store is refused and leaves no catalog', async () => {
    const out = join(folder, 'new.loupe');
    assertRefused(await inProcess(['catalog', 'build', '--store', join(folder, 'none'), '--dictionary', 'd', '--model', 'm', '--out', out]), { kind: 'not-found', says: [/none/] });
    assert.equal(existsSync(out), false);
    assert.equal(existsSync(buildFolder(out)), false);
  });
});
