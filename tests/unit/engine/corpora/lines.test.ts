import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLines } from '../../../../src/engine/corpora/lines.ts';
import { collect } from '../../../support/collect.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('lines are numbered from 1, whatever their ends; the mark at the head is dropped', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, '\uFEFFone\r\ntwo\n\nfour é🙂');
  assert.deepEqual(await collect(readLines(path)), [
    { number: 1, text: 'one' }, { number: 2, text: 'two' }, { number: 3, text: '' }, { number: 4, text: 'four é🙂' },
  ]);
});

test('a line over the bound is reported and not held, and the next one is whole', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, `short\n${'x'.repeat(1_000_000)}\nafter\n`);
  assert.deepEqual(await collect(readLines(path, 100)), [{ number: 1, text: 'short' }, { number: 2, text: null }, { number: 3, text: 'after' }]);
});

test('a line that spans read buffers is put together', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  const long = 'é'.repeat(400_000); // 800,000 bytes: several buffers, cut inside characters
  writeFileSync(path, `a\n${long}\nb`);
  assert.deepEqual((await collect(readLines(path))).map(({ text }) => text), ['a', long, 'b']);
});

test('an empty file has no lines', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, '');
  assert.deepEqual(await collect(readLines(path)), []);
});
