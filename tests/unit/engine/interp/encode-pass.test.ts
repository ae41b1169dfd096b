import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blockPath, countFirings, readFirings } from '../../../../src/engine/interp/codes.ts';
import { encodeStore, planBlocks } from '../../../../src/engine/interp/encode-pass.ts';
import { fakeDictionary, fakeStore, hook } from '../../../support/fake-statistics.ts';

test('a store is cut into blocks of about 32,768 rows, in batches of about 4,096', () => {
  assert.deepEqual(planBlocks(1700, 128), { batchContexts: 32, blockContexts: 256, blocks: 7 });
  assert.deepEqual(planBlocks(3, 8192), { batchContexts: 1, blockContexts: 4, blocks: 1 });
  assert.deepEqual(planBlocks(9, 100_000), { batchContexts: 1, blockContexts: 1, blocks: 9 });
});

test('over several blocks every firing of every unmasked row is there, and what is there is not made again', async () => {
  const sizes = { contexts: 600, contextLength: 128, dIn: 1, dSae: 5, k: 2, vocab: 9 };
  const folder = mkdtempSync(join(tmpdir(), 'loupe-encode-'));
  try {
    const [store, dictionary] = [fakeStore(sizes), fakeDictionary(sizes)];
    const context = { signal: new AbortController().signal, progress: () => {} };
    const { blocks } = await encodeStore(store, hook, dictionary, folder, context);
    assert.equal(blocks, 3);
    const expected: [number, number][] = [];
    const mask = store.mask(0, 600);
    const codes = dictionary.encode(store.activations(hook, 0, 600), 600 * 128);
    for (let slot = 0; slot < codes.values.length; slot++) if (codes.values[slot]! > 0 && codes.indices[slot] === 3 && mask[slot >> 1] === 1) expected.push([slot >> 1, codes.values[slot]!]);
    const { counts, tokens } = countFirings(folder, blocks, 5);
    const { rows, values } = readFirings(folder, blocks, 3, 1, counts);
    assert.deepEqual([...rows].map((row, i) => [row, values[i]]), expected);
    assert.equal(tokens, mask.reduce((a, b) => a + b, 0));
    rmSync(blockPath(folder, 1));
    const kept = statSync(blockPath(folder, 2)).mtimeMs;
    await encodeStore(store, hook, dictionary, folder, context);
    assert.equal(statSync(blockPath(folder, 2)).mtimeMs, kept);
    assert.deepEqual(readFirings(folder, blocks, 3, 1, countFirings(folder, blocks, 5).counts).rows, rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
