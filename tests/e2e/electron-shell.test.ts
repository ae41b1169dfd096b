import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { resolveConfig } from 'electron-vite';
import { build } from 'vite';
import * as electron from './stand-in-electron.ts';
import { eventHub } from '../../src/main/events.ts';

electron.registerStandIn();
const userData = mkdtempSync(join(tmpdir(), 'loupe-userdata-'));
electron.app.userData = userData;
after(() => rmSync(userData, { recursive: true, force: true }));
const shellWindow = await import('../../src/main/window.ts');
const { menuTemplate } = await import('../../src/main/menu.ts');

let preload = '';

before(async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'loupe-preload-'));
  const { config } = await resolveConfig({ logLevel: 'silent' }, 'build', 'production');
  await build({ ...config!.preload, configFile: false, logLevel: 'silent', build: { ...config!.preload!.build, outDir, emptyOutDir: true } });
  preload = readFileSync(join(outDir, 'index.cjs'), 'utf8');
  rmSync(outDir, { recursive: true });
});

interface Page {
  readonly required: string[];
  readonly exposed: Record<string, Record<string, (...args: unknown[]) => unknown>>;
  readonly invoked: unknown[][];
  readonly listeners: Map<string, (event: { ports: unknown[] }) => void>;
  readonly posted: unknown[][];
}

/** Runs the built preload as a sandboxed one runs: a CommonJS script that can require electron and nothing else. */
function runPreload(): Page {
  const page: Page = { required: [], exposed: {}, invoked: [], listeners: new Map(), posted: [] };
  const fake = {
    contextBridge: { exposeInMainWorld: (name: string, api: Page['exposed'][string]) => { page.exposed[name] = api; } },
    ipcRenderer: {
      invoke: async (...args: unknown[]) => page.invoked.push(args),
      on: (channel: string, listener: (event: { ports: unknown[] }) => void) => page.listeners.set(channel, listener),
    },
    webUtils: { getPathForFile: (file: { name: string }) => `/dropped/${file.name}` },
  };
  const require = (name: string): unknown => {
    page.required.push(name);
    assert.equal(name, 'electron');
    return fake;
  };
  const window = { postMessage: (...args: unknown[]) => page.posted.push(args) };
  runInNewContext(preload, { require, window, location: { origin: 'app://studio' }, exports: {}, module: { exports: {} } });
  return page;
}

test('the built preload needs electron alone, exposes one bridge, and passes one channel prefix', async () => {
  const page = runPreload();
  assert.deepEqual([...new Set(page.required)], ['electron']);
  assert.deepEqual(Object.keys(page.exposed), ['loupe']);
  assert.deepEqual(Object.keys(page.exposed['loupe']!).toSorted(), ['invoke', 'pathOf']);
  await page.exposed['loupe']!['invoke']!('jobs.list', { a: 1 });
  await page.exposed['loupe']!['invoke']!({ toString: () => 'x' }, null);
  assert.deepEqual(page.invoked, [['loupe:jobs.list', { a: 1 }], ['loupe:x', null]]);
  assert.equal(page.exposed['loupe']!['pathOf']!({ name: 'a.gguf' }), '/dropped/a.gguf');
});

test('the preload hands the port of events to its own page only', () => {
  const page = runPreload();
  assert.deepEqual([...page.listeners.keys()], ['loupe:events']);
  page.listeners.get('loupe:events')!({ ports: ['port'] });
  assert.deepEqual(page.posted, [['loupe:events', 'app://studio', ['port']]]);
});

test('the preload is at most forty lines and names no command', () => {
  const source = readFileSync(new URL('../../src/preload/index.ts', import.meta.url), 'utf8');
  assert.ok(source.split('\n').length <= 40);
  assert.doesNotMatch(source, /(jobs|catalog|workspace|models|files|system)\./);
});

test('the window is sandboxed, isolated, and shows our page', () => {
  const window = shellWindow.openWindow(eventHub()) as unknown as electron.BrowserWindow;
  const { webPreferences } = window.options;
  for (const on of ['contextIsolation', 'sandbox', 'webSecurity']) assert.equal(webPreferences[on], true, on);
  for (const off of ['nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames', 'webviewTag', 'navigateOnDragDrop']) assert.equal(webPreferences[off], false, off);
  assert.match(String(webPreferences['preload']), /preload[\\/]index\.cjs$/);
  assert.equal(window.url, 'app://studio/');
  window.webContents.emit('did-finish-load');
  window.webContents.emit('did-finish-load');
  assert.equal(window.webContents.posted.length, 2);
  const [first, second] = electron.MessageChannelMain.made.slice(-2);
  assert.ok(first!.port1.closed && !second!.port1.closed);
  window.emit('closed');
  assert.ok(second!.port1.closed);
});

test('a page stays where it is: navigation and new windows are refused, https links go to the browser', () => {
  const contents = new electron.FakeContents();
  shellWindow.confine(contents as never);
  for (const name of ['will-navigate', 'will-redirect', 'will-attach-webview']) {
    let prevented = false;
    contents.emit(name, { preventDefault: () => { prevented = true; } });
    assert.ok(prevented, name);
  }
  electron.opened.length = 0;
  for (const url of ['https://arxiv.org/abs/2406.04093', 'http://x/', 'file:///etc/passwd', 'javascript:alert(1)', 'smb://x']) assert.deepEqual(contents.openHandler!({ url }), { action: 'deny' });
  assert.deepEqual(electron.opened, ['https://arxiv.org/abs/2406.04093']);
});

test('permissions and the network are refused, our scheme serves the renderer with its policy', async () => {
  const session = new electron.FakeSession();
  shellWindow.declareScheme();
  shellWindow.prepareSession(session as never);
  let granted: unknown = null;
  session.permission!({}, 'media', (value: unknown) => { granted = value; });
  assert.equal(granted, false);
  assert.equal(session.permissionCheck!(null, 'media', 'app://studio/'), false);
  for (const [url, allowed] of [['app://studio/', true], ['app://studiox/', false], ['https://x/', false]] as const) {
    session.permission!({ getURL: () => url }, 'notifications', (value: unknown) => { granted = value; });
    assert.equal(granted, allowed, url);
    assert.equal(session.permissionCheck!(null, 'notifications', url), allowed, url);
  }
  let cancelled: unknown = null;
  session.blocked!.listener({}, (value: unknown) => { cancelled = value; });
  assert.deepEqual(cancelled, { cancel: true });
  assert.ok(['http://*/*', 'https://*/*', 'ws://*/*', 'file://*/*'].every((pattern) => session.blocked!.filter.urls.includes(pattern)));
  const serveOne = session.protocols.get('app')!;
  for (const url of ['app://other/', 'app://studio/none.js', 'app://studio/%2e%2e/main/index.js']) {
    const response = await serveOne({ url });
    assert.equal(response.status, 404, url);
    assert.match(response.headers.get('Content-Security-Policy')!, /default-src 'none'/);
  }
});

test('the developer tools are in the menu of a checkout only', () => {
  const text = (development: boolean): string => JSON.stringify(menuTemplate({ platform: 'linux', openCatalog: () => {}, run: () => {}, items: [], development }));
  assert.match(text(true), /toggleDevTools/);
  assert.doesNotMatch(text(false), /toggleDevTools/);
});

test('the actions of the studio stand in the menus, with the platform\'s shortcuts', () => {
  const ran: string[] = [];
  const items = [
    { id: 'settings', title: 'Settings', menu: 'file', keys: 'Mod+,' }, { id: 'go.runs', title: 'Go to Runs', menu: 'go', keys: 'G R' },
    { id: 'keys', title: 'Keyboard map', menu: 'help', keys: '?' }, { id: 'x', title: 'Merge A & B', menu: 'view', keys: null },
  ] as const;
  const menus = (platform: NodeJS.Platform): electron.MenuItem[] => menuTemplate({ platform, openCatalog: () => {}, run: (id) => void ran.push(id), items, development: false }) as electron.MenuItem[];
  const find = (bar: readonly electron.MenuItem[], menu: string, label: RegExp): electron.MenuItem => bar.find((entry) => entry.label === menu || entry.role === menu)!.submenu!.find((entry) => label.test(entry.label ?? ''))!;
  const linux = menus('linux');
  assert.equal(find(linux, '&File', /Settings/).accelerator, 'CmdOrCtrl+,');
  assert.equal(find(linux, '&Go', /Runs/).label, 'Go to Runs\tG R');
  assert.equal(find(linux, '&Go', /Runs/).accelerator, undefined);
  assert.equal(find(linux, '&View', /Merge/).label, 'Merge A && B');
  find(linux, 'help', /Keyboard/).click!();
  assert.deepEqual(ran, ['keys']);
  const mac = menus('darwin');
  assert.equal(find(mac, 'appMenu', /Settings/).accelerator, 'CmdOrCtrl+,');
  assert.ok(mac.find((entry) => entry.label === '&File')!.submenu!.every((entry) => entry.label !== 'Settings'));
});

test('the window opens where it was, writes its place at each change, and comes back when its page dies', async () => {
  const file = join(userData, 'window.json');
  writeFileSync(file, JSON.stringify({ version: 1, bounds: { x: 300, y: 200, width: 1000, height: 700 }, maximised: true }));
  const window = shellWindow.openWindow(eventHub()) as unknown as electron.BrowserWindow;
  assert.deepEqual([window.options.x, window.options.width, window.maximised], [300, 1000, true]);
  window.maximised = false;
  window.bounds = { x: 10, y: 20, width: 900, height: 600 };
  window.emit('move');
  for (let i = 0; i < 300 && !readFileSync(file, 'utf8').includes('900'); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { version: 1, bounds: window.bounds, maximised: false });
  window.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  assert.equal(window.webContents.reloads, 1);
  window.webContents.emit('did-finish-load');
  window.webContents.emit('render-process-gone', {}, { reason: 'oom' });
  assert.equal(window.webContents.reloads, 1, 'one that dies at once is not loaded again and again');
});
