/** 152 seeded mutations of a catalog: none crashes the process, none is verified that cannot be read. 10,000 run in the long tier. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoupeError, errorKinds } from '../../../../src/shared/errors.ts';
import { mutateCatalog, soundCatalog, useVerified } from '../../../support/catalog-mutations.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const count = 152;

test('what is damaged is refused with an error of a kind, or is sound and readable', (t) => {
  const folder = temporaryFolder(t);
  const bytes = soundCatalog(folder);
  const path = join(folder, 'mutated.loupe');
  writeFileSync(path, bytes);
  useVerified(path);
  const refused = new Array<number>(8).fill(0);
  for (let seed = 0; seed < count; seed++) {
    writeFileSync(path, mutateCatalog(bytes, folder, seed));
    try {
      useVerified(path);
    } catch (error) {
      assert.ok(error instanceof LoupeError && errorKinds.includes(error.kind) && error.kind !== 'defect', `mutation ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
      refused[seed % 8]!++;
    }
    rmSync(path, { force: true });
  }
  // Each way of damaging is noticed, though not each time: another label is a label too.
  refused.forEach((n, way) => assert.ok(n >= 4, `way ${way}: ${n} of ${count / 8} were refused`));
});
