import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { defaultCorpusOptions, type Corpus, type CorpusOptions } from '../../../../../src/engine/corpora/definition.ts';
import { jsonlKind } from '../../../../../src/engine/corpora/kinds/jsonl.ts';
import { collect } from '../../../../support/collect.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const open = (path: string, options: Partial<CorpusOptions> = {}): Promise<Corpus> => jsonlKind.open(path, { ...defaultCorpusOptions, ...options });

test('the named field of each object is a document; ids are line numbers', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl.gz');
  writeFileSync(path, gzipSync('{"body": "one"}\n\n{"body": " ", "id": 2}\n{"body": "three"}'));
  assert.deepEqual(await collect((await open(path, { field: 'body' })).documents()), [{ id: 'a.jsonl.gz:1', text: 'one' }, { id: 'a.jsonl.gz:4', text: 'three' }]);
});

test('lines that cannot be used are counted, and the first few named by number', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl');
  const bad = ['{"text": "cut', '[1]', '7', '{"text": 5}', '{"other": 1}', '\u0000\u0001', 'null'];
  writeFileSync(path, ['{"text": "good"}', ...bad, '{"text": "last"}'].join('\n').replaceAll('\u0000', ''));
  const log: string[] = [];
  const documents = await collect((await open(path, { log: (line) => log.push(line) })).documents());
  assert.deepEqual(documents.map(({ text }) => text), ['good', 'last']);
  assert.equal(log.length, 6);
  assert.match(log[0]!, /line 2 is not JSON/);
  assert.match(log[1]!, /line 3 is not a JSON object/);
  assert.match(log[3]!, /line 5 has a field "text" that is no string/);
  assert.match(log[4]!, /line 6 has no field "text"/);
  assert.match(log[5]!, /7 lines were skipped/);
});

test('by option the first bad line ends the work with its number', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl');
  writeFileSync(path, '{"text": "good"}\n{"text": \n');
  await assert.rejects(collect((await open(path, { badLines: 'refuse' })).documents()), { kind: 'bad-file', message: /line 2 of .*a\.jsonl is not JSON/ });
});

test('a wrong field name is told at the first object, with the nearest', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl');
  writeFileSync(path, '{"texts": "x", "id": 1}\n');
  await assert.rejects(collect((await open(path)).documents()), { kind: 'bad-request', message: /Did you mean "texts"/ });
  await assert.rejects(collect((await open(path, { field: 'article' })).documents()), { kind: 'bad-request', message: /The fields are texts, id/ });
});

test('a file of junk is refused', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl');
  writeFileSync(path, 'not\njson\n');
  await assert.rejects(collect((await open(path)).documents()), { kind: 'bad-file', message: /not one of the 2 lines/ });
});

test('__proto__ is a field like any other', async (t) => {
  const path = join(temporaryFolder(t), 'a.jsonl');
  writeFileSync(path, '{"__proto__": "x", "text": "good"}\n');
  assert.equal((await collect((await open(path)).documents()))[0]!.text, 'good');
  await assert.rejects(collect((await open(path, { field: 'toString' })).documents()), { kind: 'bad-request' });
});
