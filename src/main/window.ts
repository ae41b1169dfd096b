/** The studio's window under Electron: sandboxed, on its own page only, with nothing else allowed. */
import { join } from 'node:path';
import { BrowserWindow, app, protocol, screen, session, shell } from 'electron';
import type { Session, WebContents } from 'electron';
import { entryPath } from '../engine/entry.ts';
import type { EventHub } from './events.ts';
import { connectEvents, studioOrigin } from './transport/electron.ts';
import { securityHeaders } from './transport/policy.ts';
import { findStatic } from './transport/static.ts';
import { fitToScreens, keepWindowState, leastSize, readWindowState } from './window-state.ts';

const scheme = new URL(studioOrigin).protocol.slice(0, -1);

/** Before the app is ready: makes our scheme one with an origin of its own. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

function isOwnPage(url: string | undefined): boolean {
  return url === studioOrigin || url?.startsWith(`${studioOrigin}/`) === true;
}

/** Serves the built renderer under our scheme, and refuses every permission and every other network request of the page. */
export function prepareSession(target: Session = session.defaultSession): void {
  target.protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === new URL(studioOrigin).host ? await findStatic(entryPath('renderer'), pathname) : null;
    if (file === null) return new Response('not found', { status: 404, headers: { ...securityHeaders } });
    return new Response(new Uint8Array(file.body), { headers: { ...securityHeaders, 'Content-Type': file.type } });
  });
  // One permission: to say that a job has ended while the window is in the background. And only to our own page.
  target.setPermissionRequestHandler((contents, permission, callback) => callback(permission === 'notifications' && isOwnPage(contents?.getURL())));
  target.setPermissionCheckHandler((_contents, permission, origin) => permission === 'notifications' && isOwnPage(origin));
  target.webRequest.onBeforeRequest({ urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file://*/*'] }, (_details, callback) => callback({ cancel: true }));
}

/** A page stays where it is: links open in the user's browser, and only if they are https. */
export function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/** How long a page must have lived, in ms, to be loaded again after its process has died: one that dies at once would die again. */
const worthReloading = 5000;

/** A page whose process died is loaded again: the services live in main and have lost nothing. */
function surviveCrashes(window: BrowserWindow): void {
  let loadedAt = 0;
  window.webContents.on('did-finish-load', () => { loadedAt = Date.now(); });
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    console.error(`the page's process ended: ${reason}`);
    if (Date.now() - loadedAt > worthReloading) window.webContents.reload();
  });
}

/** Opens the window where it was, if that place is still on a screen. */
export function openWindow(hub: EventHub): BrowserWindow {
  const stateFile = join(app.getPath('userData'), 'window.json');
  const { size, place, maximised } = fitToScreens(readWindowState(stateFile), screen.getAllDisplays().map((display) => display.workArea));
  const window = new BrowserWindow({
    ...size, ...place, minWidth: leastSize.width, minHeight: leastSize.height, show: false, title: 'Loupe',
    webPreferences: {
      preload: entryPath('preload'), contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false, webSecurity: true, webviewTag: false, navigateOnDragDrop: false, spellcheck: false,
    },
  });
  confine(window.webContents);
  surviveCrashes(window);
  if (maximised) window.maximize();
  keepWindowState(window, stateFile);
  let disconnect: () => void = () => {};
  window.webContents.on('did-finish-load', () => {
    disconnect();
    disconnect = connectEvents(window.webContents, hub);
  });
  window.once('ready-to-show', () => window.show());
  window.once('closed', () => disconnect());
  void window.loadURL(`${studioOrigin}/`);
  return window;
}
