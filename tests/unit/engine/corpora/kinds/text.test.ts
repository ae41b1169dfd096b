import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { textBlocks, textKind } from '../../../../../src/engine/corpora/kinds/text.ts';
import { defaultCorpusOptions } from '../../../../../src/engine/corpora/definition.ts';
import { collect } from '../../../../support/collect.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('blocks between blank lines are documents; the whole file is one by option', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, '\n\nfirst\nstill first\n \t\nsecond\r\n\r\n\r\n\r\nthird\n');
  assert.deepEqual(await collect(textBlocks(path, 'block')), ['first\nstill first', 'second', 'third']);
  const corpus = await textKind.open(path, { ...defaultCorpusOptions, unit: 'file' });
  assert.deepEqual(await collect(corpus.documents()), [{ id: 'a.txt:0', text: 'first\nstill first\n \t\nsecond\r\n\r\n\r\n\r\nthird' }]);
});

test('a text without blank lines is cut at white space, and never inside a character', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'words.txt'), 'word '.repeat(100));
  const pieces = await collect(textBlocks(join(folder, 'words.txt'), 'block', 32)); // 32 units: six words of five and two more
  assert.equal(pieces[0], 'word word word word word word');
  assert.equal(pieces.join(' '), 'word '.repeat(100).trim());
  writeFileSync(join(folder, 'faces.txt'), '🙂'.repeat(50));
  const faces = await collect(textBlocks(join(folder, 'faces.txt'), 'file', 15));
  assert.equal(faces.join(''), '🙂'.repeat(50));
  assert.ok(faces.every((face) => face.length <= 15 && face.isWellFormed()));
});

test('documents do not depend on where the read buffers end', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  const blocks = Array.from({ length: 3000 }, (_, i) => `block ${i} ${'é'.repeat(1 + (i % 400))}`);
  writeFileSync(path, blocks.join('\r\n\r\n')); // 1.2 MB: several buffers
  assert.deepEqual(await collect(textBlocks(path, 'block')), blocks);
});
