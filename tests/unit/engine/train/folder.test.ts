import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { refuseOther, takeFolder } from '../../../../src/engine/train/folder.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a folder is taken once at a time, and goes again if nothing came into it', (t) => {
  const folder = join(temporaryFolder(t), 'run');
  const release = takeFolder(folder);
  assert.throws(() => takeFolder(folder), { kind: 'locked' });
  release();
  assert.ok(!existsSync(folder));
  const again = takeFolder(folder);
  writeFileSync(join(folder, 'kept'), '');
  again();
  assert.ok(existsSync(join(folder, 'kept')));
});

test('another config is refused by the name of the field, unless the field is free', (t) => {
  const path = join(temporaryFolder(t), 'train.json');
  assert.doesNotThrow(() => refuseOther({ k: 1 }, path));
  writeFileSync(path, JSON.stringify({ k: 1, logEvery: 5 }));
  assert.doesNotThrow(() => refuseOther({ k: 1, logEvery: 9 }, path, ['logEvery']));
  assert.throws(() => refuseOther({ k: 2, logEvery: 5 }, path), { kind: 'conflict', message: /k 1, not 2/ });
  assert.throws(() => refuseOther({ logEvery: 5 }, path), { kind: 'conflict', message: /k 1, not absent/ });
  assert.throws(() => refuseOther({ k: 2, logEvery: 9 }, path), { kind: 'conflict', message: /k 1, not 2; logEvery 5, not 9/ });
});
