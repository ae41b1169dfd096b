import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeError } from '../../../../src/engine/files/place-errors.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { noDisks, smallDisk } from '../../../support/small-disk.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const system = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

test('a full disk and a read-only one are said with the place and the cure', () => {
  for (const [code, kind] of [['ENOSPC', 'no-space'], ['EDQUOT', 'no-space'], ['EROFS', 'read-only'], ['EACCES', 'read-only'], ['EPERM', 'read-only']] as const) {
    const error = placeError(system(code), '/some/where') as LoupeError;
    assert.equal(error.kind, kind, code);
    assert.match(error.message, /\/some\/where .*(Free|Choose)/);
    assert.equal(error.detail, `${code}: no`);
  }
});

test('whatever else went wrong stays what it was', (t) => {
  const others = [new LoupeError('bad-file', 'x'), new TypeError('y'), system('ENOENT'), system('EIO'), 'text', undefined];
  for (const thrown of others) assert.equal(placeError(thrown, join(temporaryFolder(t), 'missing')), thrown);
});

test('a folder that cannot be made because its disk is read-only is not called missing', { skip: noDisks }, (t) => {
  const disk = smallDisk(t, 100);
  disk.readOnly(true);
  const error = placeError(system('ENOENT'), join(disk.folder, 'a', 'b')) as LoupeError;
  assert.ok(error instanceof LoupeError && error.kind === 'read-only', String(error));
});
