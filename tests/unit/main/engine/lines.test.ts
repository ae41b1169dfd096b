import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { linesOf } from '../../../../src/main/engine/lines.ts';

test('lines come whole, however they are cut, and one without an end is bounded', async () => {
  const lines: string[] = [];
  const stream = new PassThrough();
  linesOf(stream, (line) => lines.push(line));
  for (const part of ['on', 'e\r\n\ntw', 'o\nthree', 'x'.repeat(5000)]) stream.write(part);
  stream.end('last');
  await new Promise((resolve) => stream.on('end', resolve));
  assert.deepEqual(lines.slice(0, 2), ['one', 'two']);
  assert.equal(lines[2]?.length, 4000);
  assert.equal(lines.at(-1), 'last');
});
