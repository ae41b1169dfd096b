import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { overlapOf } from '../../../../src/main/catalog/client.ts';
import { exampleOverlap, nearestByPlaces } from '../../../../src/main/catalog/overlap.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the Jaccard index of places, by hand; a feature without examples has no match', () => {
  const { at, value } = nearestByPlaces([[1, 2, 3], [7], []], [[2, 3, 4], [1, 2, 3, 5]]);
  assert.deepEqual([at, value], [[1, -1, -1], [0.75, 0, 0]]);
});

test('a copy of a catalog matches itself, whatever the ids of its contexts', (t) => {
  const folder = temporaryFolder(t);
  const [a, b] = [join(folder, 'a.loupe'), join(folder, 'b.loupe')];
  generateCatalog(a, { features: 24, contexts: 30, contextLength: 32, vocabulary: 200, seed: 2 });
  copyFileSync(a, b);
  const side = (path: string) => ({ path, source: 1, openHere: false });
  const overlap = exampleOverlap(side(a), side(b));
  const alive = overlap.a.at.flatMap((match, feature) => (match < 0 ? [] : [feature]));
  assert.ok(alive.length > 20);
  for (const feature of alive) assert.equal(overlap.a.value[feature], 1);
  assert.deepEqual(overlap.a, overlap.b);
});

test('a comparison says how far it is, in order and to the end, and stops where it is when it is cancelled', async (t) => {
  const path = join(temporaryFolder(t), 'a.loupe');
  generateCatalog(path, { features: 600, contexts: 600, contextLength: 32, vocabulary: 200, seed: 2 });
  const shares: number[] = [];
  await overlapOf(path, 1, path, 1, { report: (share) => shares.push(share) });
  assert.ok(shares.length >= 9, `${shares.length} reports`);
  assert.deepEqual(shares, shares.toSorted((a, b) => a - b));
  assert.deepEqual([shares[0], shares.at(-1)], [0, 1]);

  const stop = new AbortController();
  const heard: number[] = [];
  const stopped = overlapOf(path, 1, path, 1, { signal: stop.signal, report: (share) => { heard.push(share); stop.abort(); } });
  await assert.rejects(stopped, { kind: 'cancelled' });
  assert.ok(!heard.includes(1));
  await assert.rejects(overlapOf(path, 1, path, 1, { signal: stop.signal }), { kind: 'cancelled' });
});
