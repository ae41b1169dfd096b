import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPackage } from '../../../../src/engine/corpora/packages.ts';

test('an installed package is found with its version, also one that exports nothing but code', () => {
  const found = findPackage('zod');
  assert.match(found!.version, /^\d+\.\d+\.\d+/);
  assert.ok(existsSync(join(found!.folder, 'package.json')));
});

test('a package that is not installed is null', () => {
  assert.equal(findPackage('no-such-package-of-loupe'), null);
});
