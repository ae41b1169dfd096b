/** Whole builds, kills among them, are in build.test.ts; here one chunk by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest, writeChunk, writeContexts, writeManifest, writeVocabulary } from '../../../../src/engine/interp/build-files.ts';
import { openMemory } from '../../../../src/main/catalog/handle.ts';
import { addChunk, addContexts, beginBuild, endBuild } from '../../../../src/main/catalog/ingest.ts';
import { migrate } from '../../../../src/main/catalog/schema.ts';
import { featurePageOf } from '../../../../src/main/catalog/reading.ts';
import { sources } from '../../../../src/main/catalog/tables/sources.ts';
import { walkFeatures } from '../../../../src/main/catalog/walk.ts';
import { emptyExtras } from '../../../support/empty-extras.ts';

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
    extras: { ...emptyExtras(1), tokenClass: Uint8Array.of(6), weightNorm: Float32Array.of(5), weightL1: Float32Array.of(7), alignedIds: Int32Array.of(1, 0), alignedValues: Float32Array.of(4, -3), neuronIds: Int32Array.of(1, -1), neuronValues: Float32Array.of(0.5, 0) },
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
  // Class 6 of the list is the word; lists end before their first -1; 4 of 7 is the share of the largest coordinate.
  assert.equal(page.tokenClass, 'word');
  assert.deepEqual(page.extras!.neurons, [{ dimension: 1, correlation: 0.5 }]);
  assert.deepEqual(page.extras!.aligned, [{ dimension: 1, value: 4, share: 4 / 7 }, { dimension: 0, value: -3, share: 3 / 7 }]);
  assert.deepEqual([page.extras!.logits, page.extras!.heads, page.negative], [null, null, null]);
  assert.equal(beginBuild(db, { folder, startedAt: 'again' }).complete, true);
  db.close();
});

test('a feature of both signs: bytes are int8 in steps of maximum / 127, and the groups below 0 are groups of their own', () => {
  const both = mkdtempSync(join(tmpdir(), 'loupe-ingest-both-'));
  try {
    const once = (bin: number, n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => (i === bin ? 1 : 0));
    writeVocabulary(both, { texts: ['<|end|>', ' a', ' b'], special: [0] });
    writeContexts(both, { numbers: Int32Array.of(3), tokens: Int32Array.of(0, 1, 2, 1), documents: Int32Array.of(8, 8, 8, 8) });
    // +1 at position 1 and -2 at position 2: fifths of (0, 1] and of (0, 2], one firing in the highest of each.
    writeChunk(both, 0, {
      first: 0, firings: Int32Array.of(2), max: Float32Array.of(1), mean: Float32Array.of(-0.5), low: Float32Array.of(0), high: Float32Array.of(0),
      histogram: once(0, 50), bins: once(0, 5), logitIds: new Int32Array(0), logitValues: new Float32Array(0), neighbourIds: new Int32Array(0), neighbourCosines: new Float32Array(0),
      extras: { ...emptyExtras(1), min: Float32Array.of(-2), negativeHistogram: once(0, 50), negativeBins: once(0, 5) },
      examples: {
        offsets: Int32Array.of(0, 2), group: Uint8Array.of(0, 6), rank: Uint8Array.of(0, 0), context: Int32Array.of(3, 3), start: Int32Array.of(0, 0), peak: Int32Array.of(1, 2),
        value: Float32Array.of(1, -2), length: Int32Array.of(4, 4), activations: Float32Array.of(0, 1, -2, 0, 0, 1, -2, 0),
      },
    });
    writeManifest(both, { ...readManifest(folder), key: 'both' });
    const db = openMemory();
    migrate(db, 0);
    const { source } = beginBuild(db, { folder: both, startedAt: 'now' });
    addContexts(db, { folder: both, limit: 10 });
    addChunk(db, { folder: both });
    const page = featurePageOf(db, { source, index: 0 });
    assert.deepEqual([page.min, page.max, page.mean], [-2, 1, -0.5]);
    assert.deepEqual(page.groups.map(({ name, low, high }) => [name, low, high]).filter(([name]) => /5 of 5|op|onge/.test(String(name))), [
      ['Top activations', 1, 1], ['Interval 5 of 5', 0.8, 1], ['Strongest below 0', -2, -2], ['Interval 5 of 5 below 0', -2, -1.6],
    ]);
    // 1 of 2 is 63.5 of 127 steps: 64. The peak itself is exact.
    assert.deepEqual([...page.groups[6]!.examples[0]!.activations.data], [0, Math.fround((64 * 2) / 127), -2, 0]);
    assert.equal(page.groups[6]!.examples[0]!.step, 2 / 127);
    assert.equal([...page.negative!.counts.data].reduce((a, b) => a + b, 0), 1);
    endBuild(db, { folder: both, finishedAt: 'now' });
    const [walked] = [...walkFeatures(db, sources(db)[0]!)];
    assert.equal(walked!.problem, null);
    db.close();
  } finally {
    rmSync(both, { recursive: true });
  }
});
