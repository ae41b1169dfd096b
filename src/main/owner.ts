/**
 * A process that owns a workspace: its services, and the loopback host through which browsers and other `loupe`s reach them.
 *
 * The workspace can be exchanged for another under the same address and in the same window: `invoke` and `hub` stay, what is behind
 * them changes.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { entryPath } from '../engine/entry.ts';
import type { CommandInput, CommandOutput } from '../shared/contract.ts';
import { LoupeError } from '../shared/errors.ts';
import type { MenuItem, SystemInfo } from '../shared/schema/workspace.ts';
import { warmThreads } from './catalog/client.ts';
import { eventHub } from './events.ts';
import type { EventHub } from './events.ts';
import { createInvoke } from './invoke.ts';
import type { Invoke } from './invoke.ts';
import { createServices } from './services.ts';
import type { Services } from './services.ts';
import { newToken, startHttpHost } from './transport/http.ts';
import type { HttpHost } from './transport/http.ts';
import { joinOwner } from './transport/join.ts';
import type { JoinAnswer, JoinRequest } from './transport/join.ts';
import { readOwner } from './workspace/lock.ts';
import { isWorkspace, rememberWorkspace } from './workspace/recent.ts';

export interface OwnerOptions {
  readonly workspace: string;
  readonly host: SystemInfo['host'];
  readonly port: number;
  /** Another `loupe` asks to see the studio. */
  readonly onShow?: (request: JoinRequest) => void;
  /** The studio says which of its actions belong into the window's menus. */
  readonly onMenu?: (items: readonly MenuItem[]) => void;
  /** Another engine process, for tests. */
  readonly engineEntry?: string;
}

export interface WorkspaceOwner {
  /** Of the workspace that is open now. */
  readonly services: Services;
  readonly invoke: Invoke;
  readonly hub: EventHub;
  readonly http: HttpHost;
  readonly close: () => Promise<void>;
}

interface Opened {
  readonly services: Services;
  readonly invoke: Invoke;
  /** Ends the passing on of its events. */
  readonly mute: () => void;
}

type Switched = CommandOutput<'workspace.switch'>;

/** Which workspace is open, and how it is exchanged. */
class OpenWorkspace {
  readonly hub = eventHub();
  readonly #options: OwnerOptions;
  readonly #token: string;
  /** Where the loopback host answers; null before it does. */
  #port: number | null = null;
  #current: Opened;
  /** Workspaces whose last job is writing its checkpoint. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: OwnerOptions, token: string) {
    this.#options = options;
    this.#token = token;
    this.#current = this.#open(options.workspace);
  }

  get services(): Services {
    return this.#current.services;
  }

  readonly invoke: Invoke = (name, input) => this.#current.invoke(name, input);

  publish(port: number): void {
    this.#port = port;
    this.services.publish(port);
  }

  #open(workspace: string): Opened {
    const { host, engineEntry, onMenu } = this.#options;
    const services = createServices({ workspace, host, token: this.#token, switchWorkspace: (input) => this.#switch(input), ...(onMenu === undefined ? {} : { onMenu }), ...(engineEntry === undefined ? {} : { engineEntry }) });
    rememberWorkspace(workspace);
    const mute = services.hub.subscribe((name, payload) => this.hub.emit(name, payload));
    return { services, invoke: createInvoke(services.handlers, process.env['LOUPE_CHECK_OUTPUTS'] === '1'), mute };
  }

  async #switch({ path: given, create, interrupt }: CommandInput<'workspace.switch'>): Promise<Switched> {
    if (!isAbsolute(given) || given.includes('\0')) throw new LoupeError('bad-request', `path: "${given}" is relative: give the whole path`);
    const path = resolve(given);
    const { context } = this.services;
    if (path === resolve(context.workspace)) return { path, address: null };
    if (!create && !isWorkspace(path)) throw new LoupeError('not-found', existsSync(path) ? `path: the folder ${path} is no workspace yet` : `path: there is no folder ${path}`);
    const running = context.jobs.list().filter((job) => job.state === 'running' || job.state === 'pausing');
    if (running[0] !== undefined && !interrupt) throw new LoupeError('conflict', `"${running[0].title}" is running: it would be interrupted, and can be resumed when this workspace is opened again`);
    const elsewhere = await joinWorkspace(path, { open: null, show: true });
    if (elsewhere !== null) return { path, address: elsewhere.address };
    this.#exchange(path);
    return { path, address: null };
  }

  /** The new one is open before the old one closes: a workspace that cannot be opened costs nothing. */
  #exchange(path: string): void {
    const next = this.#open(path);
    const before = this.#current;
    this.#current = next;
    before.mute();
    if (this.#port !== null) next.services.publish(this.#port);
    this.hub.emit('workspace.switched', { path });
    const closing = before.services.close({ another: true }).catch((error: Error) => console.error(`a workspace could not be closed: ${error.message}`)).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#closing]);
    await this.services.close();
  }
}

/** Takes the workspace and serves it. Kind locked when another process has it, conflict when the port is taken. */
export async function ownWorkspace(options: OwnerOptions): Promise<WorkspaceOwner> {
  const token = newToken();
  const open = new OpenWorkspace(options, token);
  try {
    const http = await startHttpHost({
      invoke: open.invoke, hub: open.hub, token, port: options.port, renderer: entryPath('renderer'),
      onJoin: (request) => {
        if (request.open !== null) open.hub.emit('catalog.requested', { path: request.open });
        options.onShow?.(request);
        return { host: options.host, address: http.address };
      },
    });
    open.publish(http.port);
    warmThreads();
    const close = async (): Promise<void> => {
      await http.close();
      await open.close();
    };
    return { get services() { return open.services; }, invoke: open.invoke, hub: open.hub, http, close };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** Asks the process that owns the workspace, if there is one and it answers. */
export async function joinWorkspace(workspace: string, request: JoinRequest): Promise<JoinAnswer | null> {
  const owner = readOwner(workspace);
  return owner === null || owner.port === null ? null : joinOwner(owner.port, owner.token, request);
}
