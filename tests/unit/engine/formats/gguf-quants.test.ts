import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ggufTypes, otherGgufTypes } from '../../../../src/engine/formats/gguf-quants.ts';

interface Case {
  readonly type: number;
  readonly bytes: string;
  readonly values: string;
}
const fixture = JSON.parse(readFileSync(new URL('../../../parity/fixtures/gguf-quants.json', import.meta.url), 'utf8')) as Record<string, Case>;

for (const [name, { type, bytes, values }] of Object.entries(fixture)) {
  test(`${name} blocks become the values that the gguf package gives, exactly`, () => {
    const raw = Uint8Array.from(Buffer.from(bytes, 'base64'));
    const expected = new Float32Array(Uint8Array.from(Buffer.from(values, 'base64')).buffer);
    const kind = ggufTypes.get(type)!;
    assert.equal(kind.name, name);
    const out = new Float32Array(expected.length + 1).fill(7);
    kind.dequantise(raw, raw.byteLength / kind.blockBytes, out, 1);
    assert.equal(out[0], 7, 'what lies before is untouched');
    // Adding zero makes -0 into 0: the sign of a zero weight is of no account.
    assert.deepEqual(out.subarray(1).map((v) => v + 0), expected.map((v) => v + 0));
  });
}

test('the fixture covers every type that is read, and no type is both read and refused', () => {
  assert.deepEqual(Object.values(fixture).map((c) => c.type).sort((a, b) => a - b), [...ggufTypes.keys()].sort((a, b) => a - b));
  for (const type of ggufTypes.keys()) assert.equal(otherGgufTypes[type], undefined);
});

test('a Q4_1 block is scale times nibble plus minimum, low nibbles first', () => {
  // d = 0.5 (0x3800), m = -1 (0xbc00), first byte 0x31: value 0 = 0.5 * 1 - 1, value 16 = 0.5 * 3 - 1; the rest 0 -> -1.
  const block = new Uint8Array(20);
  block.set([0x00, 0x38, 0x00, 0xbc, 0x31]);
  const out = new Float32Array(32);
  ggufTypes.get(3)!.dequantise(block, 1, out, 0);
  assert.deepEqual([out[0], out[1], out[16], out[17]], [-0.5, -1, 0.5, -1]);
});
