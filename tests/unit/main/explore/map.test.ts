import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { readNeighbours } from '../../../../src/engine/interp/map/neighbours-file.ts';
import { openCatalog, stopThreads } from '../../../../src/main/catalog/client.ts';
import { mapCatalog } from '../../../../src/main/explore/map.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

after(stopThreads);

test('the engine is given the stored neighbours and the hash, and the catalog keeps the points', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'c.loupe');
  generateCatalog(path, { features: 20, contexts: 10, contextLength: 64, vocabulary: 100 });
  const catalog = await openCatalog(path);
  const context = { signal: new AbortController().signal, progress: () => {}, log: () => {}, metrics: () => {}, folder: join(folder, 'job') };
  mkdirSync(context.folder);
  const result = await mapCatalog(catalog, { source: 1, k: 15, epochs: 0, seed: 7 }, null, async (config) => {
    assert.deepEqual([config['k'], config['seed'], config['features'], config['candidates']], [15, 7, 20, ['/d']]);
    assert.equal(readNeighbours(String(config['stored']))!.n, 20);
    writeFileSync(join(context.folder, 'points.bin'), new Uint8Array(Float32Array.from({ length: 40 }, (_, i) => i).buffer));
    return { points: join(context.folder, 'points.bin'), from: 'catalog', k: 10 };
  }, context, ['/d']);
  assert.deepEqual(result, { catalog: catalog.path, source: 1, from: 'catalog', k: 10 });
  const map = await catalog.ask('explore.map', { source: 1, kind: 'umap' });
  assert.deepEqual([map!.points[39], JSON.parse(map!.options)], [39, { from: 'catalog', k: 10 }]);
  await assert.rejects(mapCatalog(catalog, { source: 9, k: 15, epochs: 0, seed: 0 }, null, async () => ({}), context), { kind: 'not-found' });
  await catalog.close();
});
