import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStudy } from '../../../../src/main/handlers/sparsity.ts';
import { study } from '../../../support/sparsity-study.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a study is read by its schema; none, a broken one and another file are refused', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readStudy(folder), { kind: 'not-found' });
  const write = (text: string): void => writeFileSync(join(folder, 'sparsity.json'), text);
  write(JSON.stringify(study()));
  assert.deepEqual(readStudy(folder), study());
  for (const text of [JSON.stringify(study()).slice(0, 99), '{}', JSON.stringify({ ...study(), version: 2 })]) {
    write(text);
    assert.throws(() => readStudy(folder), { kind: 'bad-file', message: /Run the study again/u });
  }
});
