import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { joinOwner } from '../../src/main/transport/join.ts';
import { readOwner } from '../../src/main/workspace/lock.ts';
import * as electron from './stand-in-electron.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
const folder = mkdtempSync(join(tmpdir(), 'loupe-app-'));
const workspace = join(folder, 'Loupe');
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

async function until(look: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (look()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within five seconds');
}

/** The catalogs that the page was asked to open. */
const requested = (): string[] => (electron.MessageChannelMain.made.at(-1)?.port1.sent ?? [])
  .filter((event): event is { name: string; payload: { path: string } } => (event as { name: string }).name === 'catalog.requested')
  .map(({ payload }) => payload.path);

test('the app takes the workspace, opens its window, is joined, opens catalogs, and frees the workspace as it quits', async () => {
  electron.registerStandIn();
  electron.app.userData = join(folder, 'profile');
  process.argv.push(`--workspace=${workspace}`);
  await import('../../src/main/index.ts');
  // A Mac tells of a double click before the app is ready.
  electron.app.emit('open-file', { preventDefault: () => {} }, '/early.loupe');
  await until(() => electron.BrowserWindow.all.length === 1);
  assert.equal(electron.BrowserWindow.all[0]!.url, 'app://studio/');
  assert.deepEqual(electron.dialog.errors, []);
  assert.ok(electron.handlers.has('loupe:jobs.start'));
  electron.BrowserWindow.all[0]!.webContents.emit('did-finish-load');
  const invoke = async (name: string, input: unknown): Promise<unknown> => {
    const sender = electron.BrowserWindow.all[0]!.webContents;
    return electron.handlers.get(`loupe:${name}`)!({ sender, senderFrame: sender.mainFrame }, input);
  };
  assert.deepEqual(await invoke('system.menu', { items: [{ id: 'tour', title: 'Take the tour', menu: 'help', keys: null }] }), { output: {} });
  electron.Menu.current.find((menu) => menu.role === 'help')!.submenu![0]!.click!();
  await until(() => (electron.MessageChannelMain.made.at(-1)?.port1.sent ?? []).some((event) => (event as { name: string; payload: { id?: string } }).payload.id === 'tour'));

  electron.app.emit('second-instance', {}, ['loupe', '--flag', 'shared.loupe'], '/their/folder');
  await until(() => requested().includes('/their/folder/shared.loupe'));
  electron.app.emit('second-instance', {}, ['loupe', 'file:///their/other%20one.LOUPE'], '/x');
  await until(() => requested().includes('/their/other one.LOUPE'));
  let prevented = false;
  electron.app.emit('open-file', { preventDefault: () => { prevented = true; } }, '/double/clicked.loupe');
  await until(() => requested().includes('/double/clicked.loupe'));
  assert.ok(prevented);
  electron.dialog.chosen = ['/chosen.loupe'];
  electron.Menu.current.flatMap((menu) => menu.submenu ?? []).find((item) => item.label === 'Open Catalog…')!.click!();
  await until(() => requested().includes('/chosen.loupe'));

  const owner = readOwner(workspace)!;
  const answer = await joinOwner(owner.port!, owner.token, { open: '/joined.loupe', show: true });
  assert.equal(answer?.host, 'electron');
  await until(() => requested().includes('/joined.loupe'));

  electron.app.emit('window-all-closed');
  await electron.app.quitted;
  assert.equal(readOwner(workspace), null);
  assert.ok(!existsSync(join(workspace, '.lock')));
  assert.equal(existsSync(join(workspace, 'runs')), true);
});

test('the app\'s source keeps to its lifecycle: it names no command and opens no file', () => {
  const source = readFileSync(new URL('../../src/main/index.ts', import.meta.url), 'utf8');
  assert.doesNotMatch(source, /node:fs|'(jobs|catalog|workspace|models)\.(?!requested)/);
});
