import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { expectTime, needsOf, refuseOverBudget, roomAt } from '../../../../src/engine/train/budget.ts';

const sizes = { dIn: 768, dSae: 24_576, dOut: 768, sources: 1 };
const config = { batch: 4096, fused: true, bufferRows: null };
const gib = 2 ** 30;

test('weights with both moments are counted in full, and a dense step holds several copies of the latents', () => {
  const [fused, dense] = [needsOf(config, sizes, true), needsOf(config, sizes, false)];
  assert.equal(fused.parts.weights, 3 * 4 * (24_576 * (768 + 768 + 1) + 768));
  assert.ok(dense.parts.step - fused.parts.step > 5 * 4 * 4096 * 24_576);
  assert.ok(fused.disk > 2 * fused.parts.weights);
});

test('a run that does not fit is refused with what would: a smaller batch, or a smaller width', () => {
  assert.doesNotThrow(() => refuseOverBudget(config, sizes, false, { memory: 64 * gib, disk: 64 * gib }));
  const refusal = (memory: number, disk = 64 * gib): { kind: string; message: string } => {
    try {
      refuseOverBudget(config, sizes, false, { memory, disk });
    } catch (error) {
      return error as { kind: string; message: string };
    }
    throw new Error('it was not refused');
  };
  const { kind, message } = refusal(3 * gib);
  assert.equal(kind, 'out-of-memory');
  const batch = Number(/A batch of (\d+) in place of 4096 fits/.exec(message)?.[1]);
  assert.ok(needsOf({ ...config, batch }, sizes, false).memory <= 0.9 * 3 * gib && needsOf({ ...config, batch: 2 * batch }, sizes, false).memory > 0.9 * 3 * gib, message);
  const width = Number(/dSae (\d+) in place of 24576 fits/.exec(refusal(gib).message)?.[1]);
  assert.ok(needsOf(config, { ...sizes, dSae: width }, false).memory <= 0.9 * gib, refusal(gib).message);
  assert.match(refusal(2 ** 20).message, /Close other programs/);
  assert.equal(refusal(64 * gib, gib).kind, 'no-space');
});

test('the expected time leaves the first step out, and the room of a folder that does not exist is that of its parent', () => {
  const { seconds, secondsPerStep } = expectTime(needsOf(config, sizes, true), [9, 2, 4], 10);
  assert.deepEqual([secondsPerStep, seconds], [3, 30]);
  assert.equal(expectTime(needsOf(config, sizes, true), [5], 2).seconds, 10);
  const room = roomAt(join(tmpdir(), 'not', 'there'));
  assert.ok(room.disk > 0 && room.memory > 0);
});
