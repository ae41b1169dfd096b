import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createWorkspace } from '../../../../src/main/workspace/layout.ts';
import { settingsFolder } from '../../../../src/main/workspace/location.ts';
import { isWorkspace, recentWorkspaces, rememberWorkspace } from '../../../../src/main/workspace/recent.ts';

test('workspaces are remembered newest first, each once, as long as they are there', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'loupe-recent-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const settings = join(root, 'settings');
  const [a, b] = [join(root, 'a'), join(root, 'b')];
  for (const path of [a, b]) createWorkspace(path);
  assert.deepEqual(recentWorkspaces(settings), []);
  rememberWorkspace(a, settings, new Date(1000));
  rememberWorkspace(b, settings, new Date(2000));
  rememberWorkspace(a, settings, new Date(3000));
  assert.deepEqual(recentWorkspaces(settings).map((entry) => entry.path), [a, b]);
  rmSync(b, { recursive: true });
  assert.deepEqual(recentWorkspaces(settings).map((entry) => entry.path), [a]);
  writeFileSync(join(settings, 'recent.json'), '{"version": 1, "workspaces": [{"path": 3}]}');
  assert.deepEqual(recentWorkspaces(settings), []);
  assert.ok(isWorkspace(a) && !isWorkspace(root) && !isWorkspace(join(root, 'none')));
});

test('a settings folder that cannot be written costs the list, not the start', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'loupe-recent-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'file'), '');
  const log = t.mock.method(console, 'error', () => {});
  rememberWorkspace(join(root, 'a'), join(root, 'file', 'below'));
  assert.equal(log.mock.callCount(), 1);
});

test('settings lie where the platform keeps them', () => {
  assert.equal(settingsFolder({ LOUPE_SETTINGS: '/s' }, '/h', 'linux'), '/s');
  assert.equal(settingsFolder({}, '/h', 'linux'), '/h/.config/loupe');
  assert.equal(settingsFolder({ XDG_CONFIG_HOME: '/x' }, '/h', 'linux'), '/x/loupe');
  assert.equal(settingsFolder({}, '/h', 'darwin'), '/h/Library/Application Support/Loupe');
});
