/** The menus of the window: what the platform expects, and nothing that leaves the studio. */
import { Menu } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';

/** `openCatalog` is called when the user asks to open a file. */
export function menuTemplate(platform: NodeJS.Platform, openCatalog: () => void, development: boolean): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const view: MenuItemConstructorOptions[] = [
    { role: 'reload' }, ...(development ? [{ role: 'toggleDevTools' } as const] : []), { type: 'separator' },
    { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' },
  ];
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    { label: '&File', submenu: [{ label: 'Open Catalog…', accelerator: 'CmdOrCtrl+O', click: openCatalog }, { type: 'separator' }, { role: mac ? 'close' : 'quit' }] },
    { role: 'editMenu' },
    { label: '&View', submenu: view },
    { role: 'windowMenu' },
  ];
}

export function installMenu(openCatalog: () => void, development: boolean): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, openCatalog, development)));
}
