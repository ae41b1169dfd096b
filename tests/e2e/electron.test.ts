import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { _electron } from 'playwright-core';
import { electronBinary } from '../../src/cli/electron.ts';
import { entryPath } from '../../src/engine/entry.ts';

const binary = electronBinary();
const built = existsSync(entryPath('electron'));
const screen = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
const skip = binary === null ? 'the Electron binary is not installed' : !built ? 'the app has not been built (npm run build)' : !screen ? 'there is no display' : false;

interface Bridge {
  invoke: (name: string, input: unknown) => Promise<{ output?: { host: string }; error?: { kind: string } }>;
}

test('under a real Electron the studio opens sandboxed and its commands are answered', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-electron-'));
  const app = await _electron.launch({ executablePath: binary!, args: [entryPath('electron'), `--workspace=${join(folder, 'Loupe')}`, `--user-data-dir=${join(folder, 'profile')}`] });
  t.after(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const page = await app.firstWindow();
  await page.waitForLoadState('load');
  assert.equal(new URL(page.url()).origin, 'app://studio');
  const reply = await page.evaluate(() => (globalThis as unknown as { loupe: Bridge }).loupe.invoke('system.info', {}));
  assert.equal(reply.output?.host, 'electron');
  const junk = await page.evaluate(() => (globalThis as unknown as { loupe: Bridge }).loupe.invoke('jobs.get', { id: '../x' }));
  assert.equal(junk.error?.kind, 'bad-request');
  assert.equal(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require), 'undefined');
});
