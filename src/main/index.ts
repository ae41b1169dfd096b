/** The Electron app: its life from start to quit. What it does lies in the services; what it shows, in the window. */
import { isAbsolute, resolve } from 'node:path';
import { BrowserWindow, app, dialog } from 'electron';
import { toErrorBody } from '../shared/errors.ts';
import { installMenu } from './menu.ts';
import { joinWorkspace, ownWorkspace } from './owner.ts';
import type { WorkspaceOwner } from './owner.ts';
import { registerCommands } from './transport/electron.ts';
import { declareScheme, openWindow, prepareSession } from './window.ts';
import { defaultWorkspace } from './workspace/location.ts';

/** The catalog among the words of a command line, made absolute. */
function catalogIn(argv: readonly string[], folder: string): string | null {
  const file = argv.find((word) => word.endsWith('.loupe') && !word.startsWith('-'));
  return file === undefined ? null : resolve(folder, file);
}

function workspaceIn(argv: readonly string[]): string {
  const given = argv.find((word) => word.startsWith('--workspace='))?.slice('--workspace='.length);
  return given === undefined || !isAbsolute(given) ? defaultWorkspace() : given;
}

function showWindow(owner: WorkspaceOwner): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) return void openWindow(owner.hub);
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** Tells the page to open a catalog, once it listens. */
function requestCatalog(owner: WorkspaceOwner, path: string): void {
  showWindow(owner);
  const contents = BrowserWindow.getAllWindows()[0]?.webContents;
  const emit = (): void => owner.hub.emit('catalog.requested', { path });
  if (contents?.isLoading() === true) contents.once('did-finish-load', () => setTimeout(emit, 100));
  else emit();
}

async function askForCatalog(owner: WorkspaceOwner): Promise<void> {
  const { filePaths } = await dialog.showOpenDialog({ filters: [{ name: 'Loupe catalogs', extensions: ['loupe'] }], properties: ['openFile'] });
  if (filePaths[0] !== undefined) requestCatalog(owner, filePaths[0]);
}

function quitOnce(owner: WorkspaceOwner): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    // A job that runs writes its checkpoint; the engine and the catalogs are closed. Then we quit for good.
    void owner.close().catch((error: Error) => console.error(error.message)).finally(() => {
      closed = true;
      app.quit();
    });
  });
}

async function start(): Promise<void> {
  const workspace = workspaceIn(process.argv);
  const file = catalogIn(process.argv.slice(1), process.cwd());
  await app.whenReady();
  if ((await joinWorkspace(workspace, { open: file, show: true }))?.host === 'electron') return app.quit();
  const owner = await ownWorkspace({ workspace, host: 'electron', port: 0, onShow: ({ show }) => (show ? showWindow(owner) : undefined) });
  prepareSession();
  registerCommands(owner.invoke);
  installMenu(() => void askForCatalog(owner), !app.isPackaged);
  quitOnce(owner);
  app.on('second-instance', (_event, argv, folder) => {
    const second = catalogIn(argv.slice(1), folder);
    if (second === null) showWindow(owner);
    else requestCatalog(owner, second);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    requestCatalog(owner, path);
  });
  app.on('activate', () => showWindow(owner));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  openWindow(owner.hub);
  if (file !== null) requestCatalog(owner, file);
}

declareScheme();
if (app.requestSingleInstanceLock()) {
  start().catch((error: unknown) => {
    const { message, detail } = toErrorBody(error);
    dialog.showErrorBox('Loupe cannot start', detail === undefined ? message : `${message}\n\n${detail}`);
    app.exit(1);
  });
} else {
  app.quit();
}
