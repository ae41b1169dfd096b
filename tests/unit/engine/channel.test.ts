import assert from 'node:assert/strict';
import type { Duplex} from 'node:stream';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { messageSplitter, openChannel } from '../../../src/engine/channel.ts';
import { vector } from '../../../src/shared/schema/tensor.ts';
import { LoupeError } from '../../../src/shared/errors.ts';

const once = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('messages of any size come whole, however the stream cuts them', () => {
  const message = (n: number): Buffer => Buffer.concat([Buffer.from(Uint32Array.of(n).buffer), Buffer.alloc(n, n)]);
  const stream = Buffer.concat([message(0), message(3), message(200), message(1)]);
  for (const size of [1, 2, 5, 64, 1000]) {
    const split = messageSplitter();
    const lengths: number[] = [];
    for (let i = 0; i < stream.length; i += size) {
      for (const m of split(stream.subarray(i, i + size))) {
        lengths.push(m.length);
        assert.ok(m.every((byte) => byte === m.length));
      }
    }
    assert.deepEqual(lengths, [0, 3, 200, 1], `chunks of ${size}`);
  }
});

test('a length beyond the limit is refused before its bytes arrive', () => {
  assert.throws(() => messageSplitter(100)(Buffer.from(Uint32Array.of(101).buffer)), (e: LoupeError) => e.kind === 'bad-request');
});

test('values and tensors cross, and the end is told once', async () => {
  const [left, right] = duplexPair();
  const got: unknown[] = [];
  const ends: (Error | null)[] = [];
  const a = openChannel(left as Duplex, () => {}, () => {});
  openChannel(right as Duplex, (message) => got.push(message), (error) => ends.push(error));
  const value = { t: vector(Float32Array.of(1, 2)), n: [1, 'x'] };
  a.send(value);
  await once();
  assert.deepEqual(got, [value]);
  a.close();
  a.send(value);
  right.destroy();
  await once();
  assert.deepEqual(ends, [null]);
});

test('a broken frame ends the channel with the reason', async () => {
  const [left, right] = duplexPair();
  const ends: (Error | null)[] = [];
  openChannel(right as Duplex, () => {}, (error) => ends.push(error));
  left.write(Buffer.concat([Buffer.from(Uint32Array.of(4).buffer), Buffer.from([255, 0, 0, 0])]));
  await once();
  assert.equal(ends.length, 1);
  assert.ok(ends[0] instanceof LoupeError);
});
