import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeVersion, readVersion } from '../../../src/engine/code-version.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const [one, two] = ['1'.repeat(40), '2'.repeat(40)];

test('the commit comes from a detached head, a loose branch or packed refs', (t) => {
  const root = temporaryFolder(t);
  writeFileSync(join(root, 'package.json'), '{"version": "3.2.1"}');
  assert.equal(readVersion(root), '3.2.1');
  mkdirSync(join(root, '.git/refs/heads'), { recursive: true });
  writeFileSync(join(root, '.git/HEAD'), `${one}\n`);
  assert.equal(readVersion(root), '3.2.1+g111111111111');
  writeFileSync(join(root, '.git/HEAD'), 'ref: refs/heads/main\n');
  assert.equal(readVersion(root), '3.2.1');
  writeFileSync(join(root, '.git/packed-refs'), `# pack-refs\n${one} refs/heads/other\n${two} refs/heads/main\n`);
  assert.equal(readVersion(root), '3.2.1+g222222222222');
  writeFileSync(join(root, '.git/refs/heads/main'), `${one}\n`);
  assert.equal(readVersion(root), '3.2.1+g111111111111');
});

test('this checkout has a version', () => {
  assert.match(codeVersion(), /^\d+\.\d+\.\d+/);
});
