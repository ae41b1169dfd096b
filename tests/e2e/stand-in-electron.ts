/**
 * A stand-in for the `electron` module: records what our shell asks of it. Used by tests where no Electron binary is.
 * `registerStandIn()` makes every later import of "electron" in this process give it.
 */
import { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';

type Listener = (...args: unknown[]) => unknown;

export interface FakePort extends EventEmitter {
  readonly sent: unknown[];
  closed: boolean;
}

class Port extends EventEmitter {
  readonly sent: unknown[] = [];
  closed = false;
  postMessage(message: unknown): void {
    this.sent.push(structuredClone(message));
  }
  start(): void {}
  close(): void {
    this.closed = true;
  }
}

export class MessageChannelMain {
  static readonly made: MessageChannelMain[] = [];
  readonly port1 = new Port();
  readonly port2 = new Port();
  constructor() {
    MessageChannelMain.made.push(this);
  }
}

export const handlers = new Map<string, Listener>();
export const ipcMain = {
  handle: (channel: string, listener: Listener): void => {
    if (handlers.has(channel)) throw new Error(`second handler for ${channel}`);
    handlers.set(channel, listener);
  },
  removeHandler: (channel: string): void => void handlers.delete(channel),
};

export const schemes: unknown[] = [];
export const protocol = { registerSchemesAsPrivileged: (given: unknown[]): void => void schemes.push(...given) };

export class FakeSession {
  readonly protocols = new Map<string, (request: { url: string }) => Promise<Response>>();
  readonly protocol = { handle: (scheme: string, handler: (request: { url: string }) => Promise<Response>): void => void this.protocols.set(scheme, handler) };
  permission: Listener | null = null;
  permissionCheck: Listener | null = null;
  blocked: { filter: { urls: string[] }; listener: Listener } | null = null;
  readonly webRequest = { onBeforeRequest: (filter: { urls: string[] }, listener: Listener): void => { this.blocked = { filter, listener }; } };
  setPermissionRequestHandler(handler: Listener): void {
    this.permission = handler;
  }
  setPermissionCheckHandler(handler: Listener): void {
    this.permissionCheck = handler;
  }
}
export const session = { defaultSession: new FakeSession() };

export class FakeContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | null = null;
  readonly posted: { channel: string; message: unknown; ports: unknown[] }[] = [];
  readonly mainFrame = { url: 'app://studio/' };
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  postMessage(channel: string, message: unknown, ports: unknown[]): void {
    this.posted.push({ channel, message, ports });
  }
  reloads = 0;
  isLoading(): boolean {
    return false;
  }
  reload(): void {
    this.reloads++;
  }
  getURL(): string {
    return this.mainFrame.url;
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.all;
  }
  readonly options: { webPreferences: Record<string, unknown>; x?: number; width?: number };
  readonly webContents = new FakeContents();
  url = '';
  constructor(options: { webPreferences: Record<string, unknown>; x?: number; width?: number }) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
  }
  async loadURL(url: string): Promise<void> {
    this.url = url;
  }
  maximised = false;
  bounds = { x: 0, y: 0, width: 1440, height: 900 };
  show(): void {}
  focus(): void {}
  isDestroyed(): boolean {
    return false;
  }
  isMaximized(): boolean {
    return this.maximised;
  }
  maximize(): void {
    this.maximised = true;
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return this.bounds;
  }
  isMinimized(): boolean {
    return false;
  }
}

export const opened: string[] = [];
export const shell = { openExternal: async (url: string): Promise<void> => void opened.push(url) };

export interface MenuItem {
  readonly label?: string;
  readonly accelerator?: string;
  readonly role?: string;
  readonly click?: () => void;
  readonly submenu?: readonly MenuItem[];
}
export const Menu = {
  current: [] as readonly MenuItem[],
  buildFromTemplate: (template: readonly MenuItem[]): readonly MenuItem[] => template,
  setApplicationMenu: (menu: readonly MenuItem[]): void => { Menu.current = menu; },
};

class FakeApp extends EventEmitter {
  isPackaged = true;
  single = true;
  readonly exits: number[] = [];
  /** Resolves when the app has quit for good: a quit that a listener prevents does not count. */
  readonly quitted: Promise<void>;
  #done: () => void = () => {};
  constructor() {
    super();
    this.quitted = new Promise((resolve) => { this.#done = resolve; });
  }
  /** The app's own folder; a test sets it. */
  userData = '';
  getPath(name: string): string {
    if (name !== 'userData') throw new Error(`unexpected path ${name}`);
    return this.userData;
  }
  requestSingleInstanceLock(): boolean {
    return this.single;
  }
  async whenReady(): Promise<void> {}
  quit(): void {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => { prevented = true; } });
    if (!prevented) this.#done();
  }
  exit(status: number): void {
    this.exits.push(status);
  }
}
export const app = new FakeApp();

export const screen = {
  displays: [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }],
  getAllDisplays: (): { workArea: { x: number; y: number; width: number; height: number } }[] => screen.displays,
};

export const dialog = {
  chosen: [] as string[],
  errors: [] as string[][],
  showOpenDialog: async (): Promise<{ filePaths: string[] }> => ({ filePaths: dialog.chosen }),
  showErrorBox: (...texts: string[]): void => void dialog.errors.push(texts),
};

/** From now on `import ... from 'electron'` gives this module. */
export function registerStandIn(): void {
  registerHooks({
    resolve: (specifier, context, next) => (specifier === 'electron' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context)),
  });
}
