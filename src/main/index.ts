/** The Electron app: its life from start to quit. What it does lies in the services; what it shows, in the window. */
import { BrowserWindow, app, dialog } from 'electron';
import { toErrorBody } from '../shared/errors.ts';
import type { MenuItem } from '../shared/schema/workspace.ts';
import { installMenu } from './menu.ts';
import { catalogIn, workspaceIn } from './open-with.ts';
import { joinWorkspace, ownWorkspace } from './owner.ts';
import type { WorkspaceOwner } from './owner.ts';
import { registerCommands } from './transport/electron.ts';
import { declareScheme, openWindow, prepareSession } from './window.ts';
import { defaultWorkspace } from './workspace/location.ts';

function showWindow(owner: WorkspaceOwner): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) return void openWindow(owner.hub);
  if (window.isMinimized()) window.restore();
  window.show();
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

/** The menus as they are before the page has said what it can do, and after. */
function showMenus(owner: () => WorkspaceOwner, items: readonly MenuItem[]): void {
  installMenu({
    platform: process.platform, development: !app.isPackaged, items,
    openCatalog: () => void askForCatalog(owner()),
    run: (id) => {
      showWindow(owner());
      owner().hub.emit('system.action', { id });
    },
  });
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

/** A Mac says which file was double-clicked by an event, which may come before there is a window: it waits for one. */
function watchFiles(): (open: (path: string) => void) => void {
  const early: string[] = [];
  let open: ((path: string) => void) | null = null;
  app.on('open-file', (event, path) => {
    event.preventDefault();
    if (open === null) early.push(path);
    else open(path);
  });
  return (then) => {
    open = then;
    for (const path of early.splice(0)) then(path);
  };
}

async function start(): Promise<void> {
  const onFile = watchFiles();
  const workspace = workspaceIn(process.argv, defaultWorkspace());
  const file = catalogIn(process.argv.slice(1), process.cwd());
  await app.whenReady();
  if ((await joinWorkspace(workspace, { open: file, show: true }))?.host === 'electron') return app.quit();
  const owner = await ownWorkspace({
    workspace, host: 'electron', port: 0,
    onShow: ({ show }) => (show ? showWindow(owner) : undefined),
    onMenu: (items) => showMenus(() => owner, items),
  });
  prepareSession();
  registerCommands(owner.invoke);
  showMenus(() => owner, []);
  quitOnce(owner);
  app.on('second-instance', (_event, argv, folder) => {
    const second = catalogIn(argv.slice(1), folder);
    if (second === null) showWindow(owner);
    else requestCatalog(owner, second);
  });
  app.on('activate', () => showWindow(owner));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  openWindow(owner.hub);
  if (file !== null) requestCatalog(owner, file);
  onFile((path) => requestCatalog(owner, path));
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
