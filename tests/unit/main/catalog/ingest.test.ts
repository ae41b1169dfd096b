/** Whole builds, kills among them, are in build.test.ts; here one chunk by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeChunk, writeContexts, writeManifest, writeVocabulary } from '../../../../src/engine/interp/build-files.ts';
import { openMemory } from '../../../../src/main/catalog/handle.ts';
import { addChunk, addContexts, beginBuild, endBuild } from '../../../../src/main/catalog/ingest.ts';
import { migrate } from '../../../../src/main/catalog/schema.ts';
import { featurePageOf } from '../../../../src/main/catalog/reading.ts';
import { sources } from '../../../../src/main/catalog/tables/sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-ingest-'));
after(() => rmSync(folder, { recursive: true }));

before(() => {
  const histogram = new Int32Array(50);
  histogram[49] = 2;
  writeVocabulary(folder, { texts: ['<|end|>', ' a', ' b'], special: [0] });
  writeContexts(folder, { numbers: Int32Array.of(3), tokens: Int32Array.of(0, 1, 2, 1), documents: Int32Array.of(8, 8, 8, 8) });
  writeChunk(folder, 0, {
    first: 0, firings: Int32Array.of(2), max: Float32Array.of(2), mean: Float32Array.of(1.5), low: Float32Array.of(0), high: Float32Array.of(Math.log10(2)),
    histogram, bins: Int32Array.of(1, 0, 1, 0, 0), logitIds: Int32Array.of(1, 2), logitValues: Float32Array.of(1, -1), neighbourIds: new Int32Array(0), neighbourCosines: new Float32Array(0),
    examples: {
      offsets: Int32Array.of(0, 1), group: Uint8Array.of(0), rank: Uint8Array.of(0), context: Int32Array.of(3), start: Int32Array.of(0), peak: Int32Array.of(2),
      value: Float32Array.of(2), length: Int32Array.of(4), activations: Float32Array.of(0, 1, 2, 0),
    },
  });
  writeManifest(folder, {
    format: 'loupe-statistics', version: 1, key: 'k', source: { kind: 'topk', name: 'n', hookPoint: 'h', layer: null, dictionaryHash: null, features: 1, tokens: 3, dead: 0 },
    model: { hash: 'h', tokenizerHash: 't', name: 'm', family: 'llama', dModel: 2, layers: 1 }, store: { hash: 's', corpusName: 'c', corpusHash: 'x', contextLength: 4 },
    chunkFeatures: 1024, chunks: 1, contexts: 1, window: 4, intervals: 5, provenance: { made: 'by hand' },
  });
});

test('step by step, each step once; what was announced is found again', () => {
  const db = openMemory();
  migrate(db, 0);
  const first = beginBuild(db, { folder, startedAt: 'now' });
  assert.deepEqual(beginBuild(db, { folder, startedAt: 'later' }), first);
  assert.throws(() => endBuild(db, { folder, finishedAt: 'too early' }));
  assert.deepEqual([addContexts(db, { folder, limit: 10 }), addContexts(db, { folder, limit: 10 })], [1, 1]);
  assert.deepEqual([addChunk(db, { folder }), addChunk(db, { folder })], [1, 1]);
  assert.equal(sources(db)[0]!.complete, false);
  assert.deepEqual(endBuild(db, { folder, finishedAt: 'now' }), { source: first.source, dead: 0 });
  const page = featurePageOf(db, { source: first.source, index: 0 });
  assert.equal(page.density, 2 / 3);
  const [example] = page.groups[0]!.examples;
  assert.deepEqual(example!.tokens, ['<|end|>', ' a', ' b', ' a']);
  // 1 of 2 is 127.5 of 255 steps: 128, so 128 * 2 / 255.
  assert.deepEqual([...example!.activations.data], [0, Math.fround((128 * 2) / 255), 2, 0]);
  assert.equal(beginBuild(db, { folder, startedAt: 'again' }).complete, true);
  db.close();
});
