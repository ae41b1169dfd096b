import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoupeError } from '../../../src/shared/errors.ts';
import { vector } from '../../../src/shared/schema/tensor.ts';
import { decodeFrame, encodeFrame } from '../../../src/shared/wire.ts';
import { Random } from '../../../src/engine/random.ts';

const isBadRequest = (error: unknown): boolean => error instanceof LoupeError && error.kind === 'bad-request';

/** A frame around any header text. */
function frameOf(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const frame = new Uint8Array(Math.ceil((4 + text.length) / 8) * 8 + dataBytes);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  return frame;
}

test('values and tensors of every dtype come back as they went, whatever the alignment of the frame', () => {
  const value = {
    text: 'é😀',
    list: [1, null, true, { deep: vector(Float32Array.of(1.5, -2, Number.NaN), [3, 1]) }],
    a: vector(Uint8Array.of(1, 2, 3)),
    b: vector(Float64Array.of(Math.PI)),
    c: vector(Int32Array.of(-7, 7)),
    d: vector(new Uint32Array(0)),
  };
  const frame = encodeFrame(value);
  const shifted = new Uint8Array(frame.length + 3);
  shifted.set(frame, 3);
  assert.deepEqual(decodeFrame(frame), value);
  assert.deepEqual(decodeFrame(shifted.subarray(3)), value);
  assert.deepEqual(decodeFrame(Buffer.concat([Buffer.from('xyz'), frame]).subarray(3)), value);
});

test('a tensor that is a view into a larger array sends only its part', () => {
  const view = new Float32Array(1000).fill(3).subarray(10, 12);
  const frame = encodeFrame({ view: vector(view) });
  assert.ok(frame.length < 200);
  assert.deepEqual(decodeFrame(frame), { view: vector(Float32Array.of(3, 3)) });
});

test('objects that look like our own marks come back unchanged', () => {
  for (const value of [{ $tensor: 0 }, { $literal: { $tensor: 1 } }, { $literal: 5 }, { x: [{ $tensor: 'y', z: 1 }] }]) {
    assert.deepEqual(decodeFrame(encodeFrame(value)), value);
  }
});

test('a key named __proto__ stays a key', () => {
  const decoded = decodeFrame(frameOf('{"body":{"__proto__":{"polluted":1}},"tensors":[]}')) as object;
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
  assert.equal((decoded as { polluted?: number }).polluted, undefined);
});

test('headers that claim more than there is are refused before anything is allocated', () => {
  const claims = [
    new Uint8Array(0),
    Uint8Array.of(255, 255, 255, 255, 1),
    frameOf('{"body":1,"tensors":[{"dtype":"float32","shape":[1000000000000]}]}', 8),
    frameOf('{"body":1,"tensors":[{"dtype":"float32","shape":[9007199254740991,9007199254740991]}]}', 8),
    frameOf('{"body":1,"tensors":[{"dtype":"constructor","shape":[0]}]}'),
    frameOf('{"body":1,"tensors":[{"dtype":"float32","shape":[-1]}]}'),
    frameOf('{"body":{"$tensor":0},"tensors":[]}'),
    frameOf('{"body":{"$tensor":"length"},"tensors":[]}'),
    frameOf('{"body":{"$literal":null},"tensors":[]}'),
    frameOf(`{"body":${'['.repeat(100)}${']'.repeat(100)},"tensors":[]}`),
    frameOf('not json'),
    frameOf('{"tensors":[]}x'),
  ];
  for (const frame of claims) assert.throws(() => decodeFrame(frame), isBadRequest, new TextDecoder().decode(frame).slice(0, 80));
});

test('two thousand mutations of a good frame decode or are refused, and nothing else', () => {
  const random = Random.from(5);
  const good = encodeFrame({ type: 'invoke', id: 1, name: 'x', input: { t: vector(Float32Array.of(1, 2, 3)) } });
  for (let i = 0; i < 2000; i++) {
    const frame = good.slice(0, 1 + random.integer(good.length));
    for (let j = 0; j < 3; j++) frame[random.integer(frame.length)] = random.integer(256);
    try {
      decodeFrame(frame);
    } catch (error) {
      assert.ok(isBadRequest(error), String(error));
    }
  }
});
