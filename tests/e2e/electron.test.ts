import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { electronBinary } from '../../src/cli/electron.ts';
import { entryPath } from '../../src/engine/entry.ts';

const binary = electronBinary();
const built = existsSync(entryPath('electron'));
const screen = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
const skip = binary === null ? 'the Electron binary is not installed' : !built ? 'the app has not been built (npm run build)' : !screen ? 'there is no display' : false;

const folder = mkdtempSync(join(tmpdir(), 'loupe-electron-'));
const workspace = join(folder, 'Loupe');
const args = [entryPath('electron'), `--workspace=${workspace}`, `--user-data-dir=${join(folder, 'profile')}`];

before(() => {
  mkdirSync(join(workspace, 'catalogs'), { recursive: true });
  if (skip === false) for (const name of ['first', 'second']) generateCatalog(join(workspace, 'catalogs', `${name}.loupe`), { features: 60, contexts: 60, labelled: 0.2, seed: 3 });
});
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

interface Bridge {
  invoke: (name: string, input: unknown) => Promise<{ output?: { host: string }; error?: { kind: string } }>;
}

async function launch(...more: string[]): Promise<{ app: ElectronApplication; page: Page }> {
  const app = await _electron.launch({ executablePath: binary!, args: [...args, ...more] });
  const page = await app.firstWindow();
  await page.waitForLoadState('load');
  return { app, page };
}

/** Starts the app as a double click on a file does while it runs; resolves when that second process has ended. */
async function doubleClick(path: string): Promise<number | null> {
  const child = spawn(binary!, [...args, path], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', resolve));
}

test('under a real Electron the studio opens sandboxed and its commands are answered', { skip }, async (t) => {
  const { app, page } = await launch();
  t.after(() => app.close());
  assert.equal(new URL(page.url()).origin, 'app://studio');
  const reply = await page.evaluate(() => (globalThis as unknown as { loupe: Bridge }).loupe.invoke('system.info', {}));
  assert.equal(reply.output?.host, 'electron');
  const junk = await page.evaluate(() => (globalThis as unknown as { loupe: Bridge }).loupe.invoke('jobs.get', { id: '../x' }));
  assert.equal(junk.error?.kind, 'bad-request');
  assert.equal(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require), 'undefined');
});

test('a catalog named at the start is shown; one that is double-clicked opens in the same window', { skip }, async (t) => {
  const { app, page } = await launch(join(workspace, 'catalogs', 'first.loupe'));
  t.after(() => app.close());
  await page.waitForURL(/first\.loupe/);
  assert.equal(await doubleClick(join(workspace, 'catalogs', 'second.loupe')), 0);
  await page.waitForURL(/second\.loupe/);
  assert.equal(app.windows().length, 1);
});

test('the actions of the studio stand in the menus and run from there', { skip }, async (t) => {
  const { app, page } = await launch();
  t.after(() => app.close());
  await page.getByRole('heading', { name: 'Workspace' }).waitFor();
  await page.waitForTimeout(500);
  await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.items.flatMap((menu) => menu.submenu?.items ?? []).find((item) => item.label.startsWith('Settings'))!.click());
  await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
});

test('the window comes back with the size that it had, even after its process was killed', { skip }, async (t) => {
  const { app } = await launch();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setSize(1000, 700));
  const file = join(folder, 'profile', 'window.json');
  for (let i = 0; i < 100 && !existsSync(file); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const ended = new Promise((resolve) => app.process().once('exit', resolve));
  app.process().kill('SIGKILL');
  await ended;
  const again = await launch();
  t.after(() => again.app.close());
  const size = await again.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getSize());
  assert.deepEqual(size, [1000, 700]);
});
