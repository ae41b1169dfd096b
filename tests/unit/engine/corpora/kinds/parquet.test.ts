import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultCorpusOptions, type CorpusDocument } from '../../../../../src/engine/corpora/definition.ts';
import { parquetKind } from '../../../../../src/engine/corpora/kinds/parquet.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { collect } from '../../../../support/collect.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

// Written by tests/parity/parquet_fixtures.py: ten rows in groups of four; row 4 is null and row 7 blank.
const fixture = (codec: string): string => join(import.meta.dirname, `../../../../fixtures/corpora/rows-${codec}.parquet`);

async function read(path: string, field = 'text'): Promise<CorpusDocument[]> {
  return collect((await parquetKind.open(path, { ...defaultCorpusOptions, field })).documents());
}

for (const codec of ['none', 'snappy', 'gzip', 'brotli', 'zstd']) {
  test(`rows of a ${codec} file are documents by their row number`, async () => {
    const documents = await read(fixture(codec));
    assert.deepEqual(documents.map(({ id }) => Number(id.split(':')[1])), [0, 1, 2, 3, 5, 6, 8, 9]);
    for (const { id, text } of documents) assert.equal(text, `row ${id.split(':')[1]}${' repeated'.repeat(Number(id.split(':')[1]) % 3)}`);
    assert.equal((await read(fixture(codec), 'note'))[9]!.text, 'é🙂');
  });
}

test('a column that is not there or holds no text is refused with the columns that there are', async () => {
  await assert.rejects(read(fixture('none'), 'texts'), { kind: 'bad-request', message: /Did you mean "text"/ });
  await assert.rejects(read(fixture('none'), 'id'), { kind: 'bad-request', message: /holds INT64, not text/ });
});

test('damaged files are typed errors: cut off, or with any byte changed', { timeout: 60_000 }, async (t) => {
  const path = join(temporaryFolder(t), 'a.parquet');
  const bytes = readFileSync(fixture('snappy'));
  const random = Random.from(7, 'parquet');
  const damaged = [...[0, 4, 8, 100, bytes.length - 1].map((length) => bytes.subarray(0, length))];
  for (let i = 0; i < 300; i++) {
    const changed = Buffer.from(bytes);
    changed[random.integer(bytes.length)] = random.integer(256);
    damaged.push(changed);
  }
  let refused = 0;
  for (const content of damaged) {
    writeFileSync(path, content);
    try {
      await read(path);
    } catch (error) {
      assert.ok(error instanceof LoupeError && ['bad-file', 'bad-request', 'unsupported'].includes(error.kind), String(error));
      refused++;
    }
  }
  assert.ok(refused >= 50, `${refused} of ${damaged.length}`);
});
