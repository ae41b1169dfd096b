import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openStore } from '../../../../src/engine/store/open.ts';
import { StoreSource } from '../../../../src/engine/train/activation-buffer.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const hookPoint = 'blocks.0.hook_resid_post';

/** 10 contexts of 4 tokens (a row's first entry is its number); position 0 and token 3 are masked; the last 2 contexts held out. */
async function sourceOf(t: TestContext, changes: { seed?: number; bufferRows?: number; heldOut?: number } = {}): Promise<StoreSource> {
  const folder = join(temporaryFolder(t), 'store');
  await writeSmallStore(folder);
  const source = new StoreSource([openStore(folder)], { hookPoint, seed: 1, bufferRows: 8, heldOut: 8, ...changes });
  t.after(() => source.close());
  return source;
}

async function draw(source: StoreSource, batches: number, rows: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let b = 0; b < batches; b++) {
    const { x } = await source.next(rows);
    for (let r = 0; r < rows; r++) numbers.push(x[2 * r]!);
  }
  return numbers;
}

// of 8 training contexts of 4 tokens: without position 0 and without token 3
const trainable = Array.from({ length: 32 }, (_, row) => row).filter((row) => row % 4 !== 0 && row !== 3);

test('each pass gives every unmasked training row once, in another order, and never a held-out one', async (t) => {
  const source = await sourceOf(t);
  const rows = await draw(source, 2, trainable.length);
  const [first, second] = [rows.slice(0, trainable.length), rows.slice(trainable.length)];
  const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);
  assert.deepEqual(sorted(first), trainable);
  assert.deepEqual(sorted(second), trainable);
  assert.notDeepEqual(first, trainable);
  assert.notDeepEqual(first, second);
});

test('the order depends on the seed alone', async (t) => {
  const [a, b, c] = [await sourceOf(t), await sourceOf(t), await sourceOf(t, { seed: 2 })];
  const rows = await draw(a, 5, 7);
  assert.deepEqual(await draw(b, 5, 7), rows);
  assert.notDeepEqual(await draw(c, 5, 7), rows);
});

test('from any place the same rows follow', async (t) => {
  const whole = await draw(await sourceOf(t), 12, 5);
  const source = await sourceOf(t);
  for (let batch = 0; batch < 12; batch++) {
    const other = await sourceOf(t);
    await other.seek(JSON.parse(JSON.stringify(source.position)) as typeof source.position);
    assert.deepEqual(await draw(other, 1, 5), whole.slice(5 * batch, 5 * batch + 5), `batch ${batch}`);
    await draw(source, 1, 5);
  }
});

test('held-out rows come in order, with their mask; the sample leaves masked rows out', async (t) => {
  const source = await sourceOf(t);
  const rows: number[] = [];
  const masks: number[] = [];
  for await (const part of source.heldOut()) {
    for (let r = 0; r < part.rows; r++) rows.push(part.x[2 * r]!);
    masks.push(...part.mask);
  }
  assert.deepEqual(rows, [32, 33, 34, 35, 36, 37, 38, 39]);
  assert.deepEqual(masks, [0, 1, 1, 1, 0, 1, 1, 1]);
  const sample = await source.sample(1000);
  assert.deepEqual(Array.from({ length: sample.length / 2 }, (_, r) => sample[2 * r]), trainable);
});

test('a row has its context and position as numbers', async (t) => {
  const { x, origins } = await (await sourceOf(t)).next(20);
  for (let r = 0; r < 20; r++) assert.equal(origins![2 * r]! * 4 + origins![2 * r + 1]!, x[2 * r], `row ${r}`);
});

test('a row knows its context', async (t) => {
  const { x, originOf } = await (await sourceOf(t)).next(6);
  for (let r = 0; r < 6; r++) assert.match(originOf(r), new RegExp(`^context ${Math.floor(x[2 * r]! / 4)} of .*hook blocks.0`));
});

test('a place of another kind of source is refused', async (t) => {
  const source = await sourceOf(t);
  assert.throws(() => void source.seek({ batches: 3 }), { kind: 'bad-file' });
});

test('a target hook gives pairs of one token, in batches, in the sample and in what is held out', async (t) => {
  const folder = join(temporaryFolder(t), 'store');
  await writeSmallStore(folder);
  const source = new StoreSource([openStore(folder)], { hookPoint, targetHook: 'blocks.1.hook_resid_post', seed: 1, bufferRows: 8, heldOut: 8 });
  t.after(() => source.close());
  assert.deepEqual([source.dIn, source.dOut, source.sources], [2, 3, 1]);
  // A row's values are its number, + 1/2 at the second hook, + column / 4.
  const check = (x: Float32Array, y: Float32Array): void => {
    for (let row = 0; row < x.length / 2; row++) assert.deepEqual([...y.subarray(3 * row, 3 * row + 3)], [0.5, 0.75, 1].map((part) => x[2 * row]! + part));
  };
  const { x, y } = await source.next(9);
  check(x, y!);
  check(await source.sample(100), await source.sampleTargets!(100));
  for await (const held of source.heldOut()) check(held.x, held.y!);
});
