/** The menus of the window: what the platform expects, the studio's own actions, and nothing that leaves the studio. */
import { Menu } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuItem } from '../shared/schema/workspace.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** Called when the user asks to open a file. */
  readonly openCatalog: () => void;
  /** Called with the id of an action of the studio. */
  readonly run: (id: string) => void;
  /** In a checkout: with developer tools. */
  readonly development: boolean;
  /** What the studio can do now; empty until its page has loaded. */
  readonly items: readonly MenuItem[];
}

/** "Mod+Shift+O" as Electron writes it; undefined for a sequence or a plain letter, which a menu would take away from typing. */
export function acceleratorOf(keys: string | null): string | undefined {
  if (keys === null || !keys.startsWith('Mod+') || keys.includes(' ')) return undefined;
  return keys.replace('Mod+', 'CmdOrCtrl+');
}

/** The keys behind a title where they are no accelerator: "Go to Runs\tG R" is how menus of Windows and Linux show them. */
function titleOf({ title, keys }: MenuItem, platform: NodeJS.Platform): string {
  const shown = title.replaceAll('&', '&&');
  return keys === null || acceleratorOf(keys) !== undefined || platform === 'darwin' ? shown : `${shown}\t${keys}`;
}

/** The actions of one menu, behind a separator where something stands before them. */
function actionsOf(menu: MenuItem['menu'], options: MenuOptions): MenuItemConstructorOptions[] {
  return options.items.filter((item) => item.menu === menu).map((item) => {
    const accelerator = acceleratorOf(item.keys);
    return { label: titleOf(item, options.platform), ...(accelerator === undefined ? {} : { accelerator }), click: () => options.run(item.id) };
  });
}

function separated(...parts: readonly (readonly MenuItemConstructorOptions[])[]): MenuItemConstructorOptions[] {
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [{ type: 'separator' as const }, ...part]));
}

/** The whole bar. Settings stands in the app's menu on a Mac, under File elsewhere. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const { platform, openCatalog, development } = options;
  const mac = platform === 'darwin';
  const settings = actionsOf('file', { ...options, items: options.items.filter((item) => item.id === 'settings') });
  const file = actionsOf('file', { ...options, items: options.items.filter((item) => item.id !== 'settings') });
  const open: MenuItemConstructorOptions = { label: 'Open Catalog…', accelerator: 'CmdOrCtrl+O', click: openCatalog };
  const go = actionsOf('go', options);
  const help = actionsOf('help', options);
  const app: MenuItemConstructorOptions = settings.length === 0 ? { role: 'appMenu' } : {
    role: 'appMenu', submenu: separated([{ role: 'about' }], settings, [{ role: 'services' }], [{ role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }], [{ role: 'quit' }]),
  };
  return [
    ...(mac ? [app] : []),
    { label: '&File', submenu: separated([open, ...file], mac ? [] : settings, [{ role: mac ? 'close' : 'quit' }]) },
    { role: 'editMenu' },
    { label: '&View', submenu: separated(actionsOf('view', options), [{ role: 'reload' }, ...(development ? [{ role: 'toggleDevTools' } as const] : [])], [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }], [{ role: 'togglefullscreen' }]) },
    ...(go.length === 0 ? [] : [{ label: '&Go', submenu: go }]),
    { role: 'windowMenu' },
    ...(help.length === 0 ? [] : [{ role: 'help' as const, submenu: help }]),
  ];
}

export function installMenu(options: MenuOptions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(options)));
}
