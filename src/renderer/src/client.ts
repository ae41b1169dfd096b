/** The studio's only way to its services. Two hosts serve it; the pages do not know which one answers. */
import type { CommandInput, CommandName, CommandOutput, EventName, EventPayload } from '../../shared/contract.ts';
import { ElectronClient, type LoupeBridge } from './client-electron.ts';
import { WebSocketClient } from './client-websocket.ts';

/** `refused`: the host answered and does not accept our token; trying again is of no use. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

export interface Client {
  readonly state: ConnectionState;
  /** Calls a command of the contract. Rejects with LoupeError; `engine-lost` and `disposed` never come from here. */
  invoke<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  /** Subscribes to an event; returns the undo. */
  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void;
  /** Subscribes to changes of `state`; returns the undo. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** When the connection is lost: tries at once instead of after the back-off. */
  reconnect(): void;
}

/** The client for where we run: Electron's bridge if there is one, else the WebSocket of the host that served the page. */
export function createClient(token: string | null): Client {
  const bridge = (globalThis as { loupe?: LoupeBridge }).loupe;
  return bridge === undefined ? new WebSocketClient(location.host, token) : new ElectronClient(bridge);
}
