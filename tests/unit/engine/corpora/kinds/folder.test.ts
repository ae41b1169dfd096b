import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesBelow } from '../../../../../src/engine/corpora/kinds/folder.ts';
import { openCorpus } from '../../../../../src/engine/corpora/registry.ts';
import { collect } from '../../../../support/collect.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('every corpus file below the folder is read, by relative path; others are counted', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'b', '.git'), { recursive: true });
  writeFileSync(join(folder, 'c.txt'), 'five\n\nsix');
  writeFileSync(join(folder, 'a.jsonl'), '{"text": "one"}\n');
  writeFileSync(join(folder, 'b', 'same.md'), 'two');
  writeFileSync(join(folder, 'b', '.git', 'config.txt'), 'hidden');
  writeFileSync(join(folder, 'picture.png'), 'x');
  const log: string[] = [];
  const corpus = await openCorpus(folder, { log: (line) => log.push(line) });
  assert.deepEqual(corpus.sources, ['a.jsonl', 'b/same.md', 'c.txt']);
  assert.deepEqual(await collect(corpus.documents()), [
    { id: 'a.jsonl:0', text: 'one' }, { id: 'b/same.md:0', text: 'two' }, { id: 'c.txt:0', text: 'five' }, { id: 'c.txt:1', text: 'six' },
  ]);
  assert.match(log.join(), /1 files of other kinds/);
});

test('a folder without corpus files is refused', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.bin'), 'x');
  await assert.rejects(openCorpus(folder), { kind: 'bad-request', message: /holds no file that Loupe reads/ });
  assert.deepEqual(filesBelow(folder), ['a.bin']);
});
