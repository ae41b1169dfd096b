import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readNeighbours, writeNeighbours } from '../../../../../src/engine/interp/map/neighbours-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-neighbours-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'n.bin');
const some = { n: 2, k: 1, ids: Int32Array.of(1, 0), cosines: Float32Array.of(0.5, 0.25) };

test('neighbours come back as they were written', () => {
  assert.equal(readNeighbours(path), null);
  writeNeighbours(path, some);
  assert.deepEqual(readNeighbours(path), some);
});

test('a cut file, and a neighbour that is no other feature, are refused', () => {
  writeNeighbours(path, some);
  writeFileSync(path, readFileSync(path).subarray(0, 20));
  assert.throws(() => readNeighbours(path), { kind: 'bad-file' });
  writeFileSync(path, new Uint8Array(3));
  assert.throws(() => readNeighbours(path), { kind: 'bad-file' });
  for (const ids of [[1, 1], [2, 0], [-1, 0]]) {
    writeNeighbours(path, { ...some, ids: Int32Array.from(ids) });
    assert.throws(() => readNeighbours(path), { kind: 'bad-file', message: /no other feature/ });
  }
});
