import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chunkPath, manifestPath, readChunk, readContexts, readManifest, readVocabulary, writeChunk, writeContexts, writeVocabulary } from '../../../../src/engine/interp/build-files.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { emptyExtras } from '../../../support/empty-extras.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-build-files-'));
after(() => rmSync(folder, { recursive: true }));
const kind = (expected: string) => (error: unknown): boolean => error instanceof LoupeError && error.kind === expected;

const chunk = {
  first: 1024, firings: Int32Array.of(1, 0), max: Float32Array.of(2, 0), mean: Float32Array.of(2, 0), low: Float32Array.of(0.5, 0), high: Float32Array.of(0.5, 0),
  histogram: new Int32Array(100), bins: new Int32Array(10), logitIds: new Int32Array(0), logitValues: new Float32Array(0), neighbourIds: Int32Array.of(1, 0), neighbourCosines: Float32Array.of(-1, -1),
  extras: { ...emptyExtras(2), min: Float32Array.of(-1, 0), tokenClass: Uint8Array.of(3, 0), heads: Float32Array.of(1, 2, 3, 4), cooccurringIds: Int32Array.of(1, -1), cooccurringCounts: Int32Array.of(7, 0) },
  examples: {
    offsets: Int32Array.of(0, 1, 1), group: Uint8Array.of(0), rank: Uint8Array.of(0), context: Int32Array.of(4), start: Int32Array.of(0), peak: Int32Array.of(1),
    value: Float32Array.of(2), length: Int32Array.of(2), activations: Float32Array.of(0, 2, 0),
  },
};

test('a chunk comes back as it was written', () => {
  writeChunk(folder, 1, chunk);
  assert.deepEqual(readChunk(folder, 1), chunk);
});

test('contexts are read by slices', () => {
  writeContexts(folder, { numbers: Int32Array.of(3, 9), tokens: Int32Array.of(1, 2, 3, 4), documents: Int32Array.of(5, 5, 6, 6) });
  assert.deepEqual(readContexts(folder, 1, 1, 2), { numbers: Int32Array.of(9), tokens: Int32Array.of(3, 4), documents: Int32Array.of(6, 6) });
});

test('files that are missing, cut off or something else are errors of a kind', () => {
  assert.throws(() => readManifest(folder), kind('not-found'));
  writeFileSync(manifestPath(folder), '{"format":"other"}');
  assert.throws(() => readManifest(folder), kind('bad-file'));
  writeVocabulary(folder, { texts: ['a'], special: [] });
  assert.deepEqual(readVocabulary(folder), { texts: ['a'], special: [] });
  truncateSync(chunkPath(folder, 1), 200);
  assert.throws(() => readChunk(folder, 1), kind('bad-file'));
});
