/** A process that owns a workspace: its services, and the loopback host through which browsers and other `loupe`s reach them. */
import type { SystemInfo } from '../shared/schema/workspace.ts';
import { createInvoke } from './invoke.ts';
import type { Invoke } from './invoke.ts';
import { createServices } from './services.ts';
import type { Services } from './services.ts';
import { newToken, startHttpHost } from './transport/http.ts';
import type { HttpHost } from './transport/http.ts';
import type { JoinRequest } from './transport/join.ts';
import { joinOwner } from './transport/join.ts';
import type { JoinAnswer } from './transport/join.ts';
import { entryPath } from '../engine/entry.ts';
import { readOwner } from './workspace/lock.ts';

export interface OwnerOptions {
  readonly workspace: string;
  readonly host: SystemInfo['host'];
  readonly port: number;
  /** Another `loupe` asks to see the studio. */
  readonly onShow?: (request: JoinRequest) => void;
}

export interface WorkspaceOwner {
  readonly services: Services;
  readonly invoke: Invoke;
  readonly http: HttpHost;
  readonly close: () => Promise<void>;
}

/** Takes the workspace and serves it. Kind locked when another process has it, conflict when the port is taken. */
export async function ownWorkspace(options: OwnerOptions): Promise<WorkspaceOwner> {
  const token = newToken();
  const services = createServices({ workspace: options.workspace, host: options.host, token });
  const invoke = createInvoke(services.handlers, process.env['LOUPE_CHECK_OUTPUTS'] === '1');
  try {
    const http = await startHttpHost({
      invoke, hub: services.hub, token, port: options.port, renderer: entryPath('renderer'),
      onJoin: (request) => {
        if (request.open !== null) services.hub.emit('catalog.requested', { path: request.open });
        options.onShow?.(request);
        return { host: options.host, address: http.address };
      },
    });
    services.publish(http.port);
    const close = async (): Promise<void> => {
      await http.close();
      await services.close();
    };
    return { services, invoke, http, close };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** Asks the process that owns the workspace, if there is one and it answers. */
export async function joinWorkspace(workspace: string, request: JoinRequest): Promise<JoinAnswer | null> {
  const owner = readOwner(workspace);
  return owner === null || owner.port === null ? null : joinOwner(owner.port, owner.token, request);
}
