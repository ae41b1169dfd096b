import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GgufCursor } from '../../../../src/engine/formats/gguf-cursor.ts';
import { ggufString, u64 } from '../../../support/gguf-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-cursor-'));
const open: number[] = [];
after(() => {
  open.forEach((fd) => closeSync(fd));
  rmSync(folder, { recursive: true, force: true });
});
function cursor(bytes: Uint8Array): GgufCursor {
  const path = join(folder, String(open.length));
  writeFileSync(path, bytes);
  open.push(openSync(path, 'r'));
  return new GgufCursor(open.at(-1)!, bytes.byteLength, path);
}
const scalar = (type: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([type, 0, 0, 0]), bytes]);

test('each scalar type reads at its width and sign', () => {
  assert.equal(cursor(scalar(0, Buffer.from([200]))).value('v'), 200);
  assert.equal(cursor(scalar(1, Buffer.from([200]))).value('v'), -56);
  assert.equal(cursor(scalar(2, Buffer.from([1, 2]))).value('v'), 513);
  assert.equal(cursor(scalar(3, Buffer.from([0xff, 0xff]))).value('v'), -1);
  assert.equal(cursor(scalar(7, Buffer.from([1]))).value('v'), true);
  assert.equal(cursor(scalar(10, u64(2 ** 40))).value('v'), 2 ** 40);
  assert.equal(cursor(scalar(11, u64(0xffff_ffff_ffff_ffffn))).value('v'), -1);
  assert.equal(cursor(scalar(12, Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x3f]))).value('v'), 1.5);
});

test('a string that crosses the window of a megabyte is read whole', () => {
  const first = 'x'.repeat((1 << 20) - 20);
  const second = 'é'.repeat(30);
  const at = cursor(Buffer.concat([ggufString(first), ggufString(second)]));
  assert.equal(at.string('first').length, first.length);
  assert.equal(at.string('second'), second);
});

test('deeply nested arrays are refused', () => {
  const level = Buffer.concat([Buffer.from([9, 0, 0, 0]), u64(1)]);
  const bytes = Buffer.concat([Buffer.from([9, 0, 0, 0]), ...Array.from({ length: 10 }, () => level), Buffer.alloc(64)]);
  assert.throws(() => cursor(bytes).value('v'), { kind: 'bad-file', message: /nested/u });
});

test('an unknown value type is refused', () => {
  assert.throws(() => cursor(scalar(99, Buffer.alloc(16))).value('v'), { kind: 'bad-file' });
});
