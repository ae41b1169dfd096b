import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerLength, parseHeader } from '../../../../src/engine/formats/safetensors-header.ts';

const json = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string, dataBytes: number): ReturnType<typeof parseHeader> => parseHeader(json(text), 8 + json(text).byteLength + dataBytes, 'x.safetensors');
const bad = { kind: 'bad-file' };

test('an entry gets its absolute offset', () => {
  const text = '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"k":"v"}}';
  const header = parse(text, 24);
  assert.deepEqual(header.entries.get('a'), { name: 'a', dtype: 'F32', shape: [2, 3], elements: 6, offset: 8 + text.length, bytes: 24 });
  assert.deepEqual(header.metadata, { k: 'v' });
});

test('a header that claims terabytes is refused before anything is allocated', () => {
  const first = new Uint8Array(8);
  new DataView(first.buffer).setBigUint64(0, 1n << 43n, true);
  assert.throws(() => headerLength(first, 4096, 'x'), { ...bad, message: /claims 8796093022208 bytes, the file has 4096/u });
});

test('a header over 100 MB is refused even in a file that is long enough', () => {
  const first = new Uint8Array(8);
  new DataView(first.buffer).setBigUint64(0, 200_000_000n, true);
  assert.throws(() => headerLength(first, 1e9, 'x'), bad);
});

test('a file too short for its length field is refused', () => {
  assert.throws(() => headerLength(new Uint8Array(3), 3, 'x'), bad);
});

const cases: [string, string, number][] = [
  ['not JSON', '{"a":', 0],
  ['an array', '[]', 0],
  ['a name twice', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2],
  ['the same name in another spelling', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2],
  ['a range beyond the file', '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', 3],
  ['a range backwards', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}', 3],
  ['a shape that does not fit the bytes', '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4],
  ['a negative dimension', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4],
  ['a fractional offset', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0.5,1.5]}}', 4],
  ['an overflowing shape', '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 4],
  ['overlapping ranges', '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', 4],
  ['metadata that is no object of strings', '{"__metadata__":{"a":1}}', 0],
  ['an entry that is a string', '{"a":"b"}', 0],
];
for (const [what, text, bytes] of cases) {
  test(`refuses ${what}`, () => assert.throws(() => parse(text, bytes), bad));
}

test('an unknown dtype is named beside the known ones', () => {
  assert.throws(() => parse('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', 1), { kind: 'unsupported', message: /F8_E4M3.*F32/u });
});

test('an empty tensor may lie anywhere', () => {
  const header = parse('{"a":{"dtype":"F32","shape":[0,4],"data_offsets":[2,2]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', 4);
  assert.equal(header.entries.get('a')!.elements, 0);
});
