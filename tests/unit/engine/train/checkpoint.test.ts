import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { readCheckpoint, removeCheckpoints, writeCheckpoint } from '../../../../src/engine/train/checkpoint.ts';
import type { Trainer } from '../../../../src/engine/train/trainer.ts';
import { eachBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const metaOf = (step: number): Parameters<typeof writeCheckpoint>[1] => ({
  step, tokensSeen: step * 10, seconds: 1, position: { epoch: 0, chunk: step, offset: 3 }, scale: 0.5, variance: 2, backend: 'cpu',
});
const trainerOf = (step: number): Trainer => ({
  state: () => ({ w: tf.tensor2d([step, 2, 3, 4], [2, 2]), since: tf.tensor1d([step, 7], 'int32') }),
}) as unknown as Trainer;

/** What the newest readable checkpoint holds, and what was logged. */
function read(folder: string): { step: number | undefined; values: number[]; log: string[] } {
  const found = { values: [] as number[], log: [] as string[] };
  const meta = readCheckpoint(folder, (line) => found.log.push(line), (_meta, state) => {
    found.values = [...state['w']!.dataSync(), ...state['since']!.dataSync()];
    assert.equal(state['since']!.dtype, 'int32');
  });
  return { step: meta?.step, ...found };
}

test('the last two are kept, and a broken newest one gives way to the one before', async (t) => {
  await eachBackend(t, () => {
    const folder = temporaryFolder(t);
    assert.equal(read(folder).step, undefined);
    for (const step of [1, 2, 3]) writeCheckpoint(folder, metaOf(step), trainerOf(step));
    mkdirSync(join(folder, 'step-000000009.1-1.partial'));
    assert.deepEqual(read(folder), { step: 3, values: [3, 2, 3, 4, 3, 7], log: [] });
    truncateSync(join(folder, 'step-000000003', 'state.safetensors'), 40);
    const second = read(folder);
    assert.deepEqual([second.step, second.log.length], [2, 1]);
    writeFileSync(join(folder, 'step-000000002', 'state.json'), '{"format":"other"}');
    assert.equal(read(folder).step, undefined);
    writeCheckpoint(folder, metaOf(4), trainerOf(4));
    assert.deepEqual(readdirSync(folder), ['step-000000003', 'step-000000004']);
    removeCheckpoints(folder);
    assert.equal(read(folder).step, undefined);
  });
});

test('a state that belongs to another run is not skipped over', async (t) => {
  await eachBackend(t, () => {
    const folder = temporaryFolder(t);
    writeCheckpoint(folder, metaOf(1), trainerOf(1));
    assert.throws(() => readCheckpoint(folder, () => {}, () => { throw new LoupeError('mismatch', 'another'); }), { kind: 'mismatch' });
  });
});
