/** The studio's window under Electron: sandboxed, on its own page only, with nothing else allowed. */
import { BrowserWindow, protocol, session, shell } from 'electron';
import type { Session, WebContents } from 'electron';
import { entryPath } from '../engine/entry.ts';
import type { EventHub } from './events.ts';
import { connectEvents, studioOrigin } from './transport/electron.ts';
import { securityHeaders } from './transport/policy.ts';
import { findStatic } from './transport/static.ts';

const scheme = new URL(studioOrigin).protocol.slice(0, -1);

/** Before the app is ready: makes our scheme one with an origin of its own. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

/** Serves the built renderer under our scheme, and refuses every permission and every other network request of the page. */
export function prepareSession(target: Session = session.defaultSession): void {
  target.protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === new URL(studioOrigin).host ? await findStatic(entryPath('renderer'), pathname) : null;
    if (file === null) return new Response('not found', { status: 404, headers: { ...securityHeaders } });
    return new Response(new Uint8Array(file.body), { headers: { ...securityHeaders, 'Content-Type': file.type } });
  });
  target.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  target.setPermissionCheckHandler(() => false);
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

export function openWindow(hub: EventHub): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440, height: 900, minWidth: 800, minHeight: 560, show: false, title: 'Loupe',
    webPreferences: {
      preload: entryPath('preload'), contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false, webSecurity: true, webviewTag: false, navigateOnDragDrop: false, spellcheck: false,
    },
  });
  confine(window.webContents);
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
