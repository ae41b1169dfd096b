import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chosenPath, rememberPath } from '../../../../src/main/live/choices.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a path is remembered by hash and kind while something lies there', (t) => {
  const folder = temporaryFolder(t);
  const place = join(folder, 'm.gguf');
  writeFileSync(place, '');
  assert.equal(chosenPath(folder, 'model', 'a'), null);
  rememberPath(folder, 'model', 'a', place);
  assert.equal(chosenPath(folder, 'model', 'a'), place);
  assert.equal(chosenPath(folder, 'dictionary', 'a'), null);
  rmSync(place);
  assert.equal(chosenPath(folder, 'model', 'a'), null);
});

test('a broken file is as good as none, and 500 of each kind are kept', (t) => {
  const folder = temporaryFolder(t);
  for (const junk of ['{', '{"version":2}', '{"version":1,"model":[],"dictionary":{}}']) {
    writeFileSync(join(folder, 'live.json'), junk);
    assert.equal(chosenPath(folder, 'model', 'a'), null);
  }
  mkdirSync(join(folder, 'd'));
  for (let i = 0; i < 502; i++) rememberPath(folder, 'dictionary', `h${i}`, join(folder, 'd'));
  assert.equal(chosenPath(folder, 'dictionary', 'h1'), null);
  assert.equal(chosenPath(folder, 'dictionary', 'h2'), join(folder, 'd'));
});
