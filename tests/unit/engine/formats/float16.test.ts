import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBfloat16, decodeFloat16, encodeFloat16, float16ToNumber } from '../../../../src/engine/formats/float16.ts';

test('half precision decodes the values of its definition', () => {
  // 0x3c00: exponent 15 - 15 = 0, mantissa 0 -> 1. 0xc000: -2. 0x0001: 2^-24. 0x7bff: 65,504. 0x7c00: infinity.
  assert.equal(float16ToNumber(0x3c00), 1);
  assert.equal(float16ToNumber(0xc000), -2);
  assert.equal(float16ToNumber(0x0001), 2 ** -24);
  assert.equal(float16ToNumber(0x7bff), 65504);
  assert.equal(float16ToNumber(0x7c00), Infinity);
  assert.ok(Number.isNaN(float16ToNumber(0x7e00)));
});

test('encoding rounds to nearest even and overflows to infinity', () => {
  // The step at 2048 is 2: 2049 lies half-way between 2048 (even mantissa) and 2050; 2051 between 2050 and 2052.
  assert.deepEqual([...decodeFloat16(encodeFloat16(new Float32Array([2049, 2051, 70000, -0.5])))], [2048, 2052, Infinity, -0.5]);
});

test('every finite half-precision value survives float32 and back', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((b) => (b & 0x7c00) !== 0x7c00);
  assert.deepEqual(encodeFloat16(decodeFloat16(bits)), bits);
});

test('bfloat16 is the upper half of a float32', () => {
  // 0x3f80 -> 0x3f800000 = 1; 0xc049 -> 0xc0490000 = -3.140625
  assert.deepEqual([...decodeBfloat16(new Uint16Array([0x3f80, 0xc049]))], [1, -3.140625]);
});

test('decoding can write into a longer array', () => {
  const out = new Float32Array(4);
  decodeFloat16(new Uint16Array([0x3c00, 0x4000]), out);
  assert.deepEqual([...out], [1, 2, 0, 0]);
});
