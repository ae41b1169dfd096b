import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashFile } from '../../../../src/engine/files/hash.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the sha256 of "abc" is the one of FIPS 180-2, and reading can be stopped', async (t) => {
  const path = join(temporaryFolder(t), 'a');
  writeFileSync(path, 'abc');
  assert.deepEqual(await hashFile(path), { bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' });
  await assert.rejects(hashFile(path, AbortSignal.abort()), { name: 'AbortError' });
});
