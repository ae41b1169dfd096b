import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtInCorpora, corpusKindOf, corpusKinds, isBuiltIn, openCorpus } from '../../../../src/engine/corpora/registry.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a path is read by the kind that knows its ending, a folder by folder, an id by itself', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['a.txt', 'b.MD', 'c.jsonl.gz', 'd.parquet', 'e.bin']) writeFileSync(join(folder, name), 'x');
  const kinds = ['a.txt', 'b.MD', 'c.jsonl.gz', 'd.parquet'].map((name) => corpusKindOf(join(folder, name)).id);
  assert.deepEqual(kinds, ['text', 'text', 'jsonl', 'parquet']);
  assert.equal(corpusKindOf(folder).id, 'folder');
  assert.equal(corpusKindOf('wordnet').id, 'wordnet');
  assert.throws(() => corpusKindOf(join(folder, 'e.bin')), { kind: 'unsupported', message: /\.jsonl/ });
});

test('what is not there is refused with the nearest built-in name', async () => {
  await assert.rejects(openCorpus('wordnett'), { kind: 'not-found', message: /Did you mean "wordnet"/ });
  await assert.rejects(openCorpus('/no/such/file.txt'), { kind: 'not-found', message: /wordnet, package-docs, chess, domains, domain:NAME/ });
});

test('every kind describes itself and ids are unique', () => {
  assert.equal(new Set(corpusKinds.map(({ id }) => id)).size, corpusKinds.length);
  for (const { title, summary } of corpusKinds) assert.ok(title !== '' && summary.endsWith('.'));
  assert.deepEqual(builtInCorpora.map(({ id }) => id), ['wordnet', 'package-docs', 'chess', 'domains', 'domain:NAME']);
});

test('a built-in corpus is told from a path by its name, or by how it begins', () => {
  assert.deepEqual(['wordnet', 'domains', 'domain:code', 'domain:NAME', 'wordnet.txt', './domains'].map(isBuiltIn), [true, true, true, true, false, false]);
});
