import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeSettings, readSettings } from '../../../../src/main/workspace/settings.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('nothing chosen means defaults; a change keeps what this version does not know', (t) => {
  const workspace = temporaryFolder(t);
  assert.equal(readSettings(workspace).encoder, null);
  writeFileSync(join(workspace, 'settings.json'), '{"version": 1, "later": [1]}');
  changeSettings(workspace, { encoder: '/e' });
  assert.deepEqual(JSON.parse(readFileSync(join(workspace, 'settings.json'), 'utf8')), { version: 1, encoder: '/e', later: [1] });
});

test('a broken file is refused and stays as it is', (t) => {
  const workspace = temporaryFolder(t);
  writeFileSync(join(workspace, 'settings.json'), '{"encoder": 3}');
  assert.throws(() => changeSettings(workspace, { encoder: null }), { kind: 'bad-file', message: /settings\.json/ });
  assert.equal(readFileSync(join(workspace, 'settings.json'), 'utf8'), '{"encoder": 3}');
});
