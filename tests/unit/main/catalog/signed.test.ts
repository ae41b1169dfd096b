/** Features of both signs from the pass to the page: counted, stored, verified, copied, read. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyCatalog, openCatalog, stopThreads, verifyCatalog } from '../../../../src/main/catalog/client.ts';
import type { CatalogClient } from '../../../../src/main/catalog/client.ts';
import { signedCatalog } from '../../../support/signed-catalog.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-signed-test-'));
const [path, copy] = [join(folder, 'signed.loupe'), join(folder, 'copy.loupe')];
let catalog: CatalogClient;

before(async () => {
  await signedCatalog(path);
  await copyCatalog(path, copy);
  catalog = await openCatalog(copy);
});
after(async () => {
  await catalog?.close();
  await stopThreads();
  rmSync(folder, { recursive: true });
});

test('the catalog and its copy obey all rules', async () => {
  for (const file of [path, copy]) assert.deepEqual((await verifyCatalog(file)).problems, [], file);
});

test('a feature of both signs has the groups of both, and every peak has the sign of its group', async () => {
  const feature = await catalog.feature({ source: 1, index: 3 });
  assert.equal(feature.groups.length, 12);
  for (const [place, group] of feature.groups.entries()) {
    for (const example of group.examples) {
      const value = example.activations.data[example.peak - example.start]!;
      assert.equal(value < 0, place >= 6, `${group.name}: ${value}`);
      assert.ok(value >= group.low - 1e-6 && value <= group.high + 1e-6, `${group.name}: ${value} beyond ${group.low} to ${group.high}`);
    }
  }
  const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0);
  assert.equal(sum(feature.histogram.counts.data) + sum(feature.negative!.counts.data), feature.firings);
  assert.ok(Math.abs(feature.groups.reduce((total, group) => total + (group.share ?? 0), 0) - 1) < 1e-9);
  assert.ok(feature.mean > feature.min && feature.mean < feature.max);
});

test('one that only fires above 0 is as ever, one that only fires below has no groups above, a dead one none below', async () => {
  const [dead, above, below] = await Promise.all([5, 7, 9].map((index) => catalog.feature({ source: 1, index })));
  assert.deepEqual([above!.min, above!.negative, above!.groups.length], [0, null, 6]);
  assert.deepEqual([below!.max, below!.groups.length, below!.groups[0]!.name], [0, 6, 'Strongest below 0']);
  assert.ok(below!.min < 0 && below!.groups[0]!.examples.length > 0);
  assert.deepEqual([dead!.dead, dead!.negative], [true, null]);
});
