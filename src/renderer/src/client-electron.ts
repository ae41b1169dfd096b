/** The client inside Electron: the preload's bridge for commands, one MessagePort for events. */
import type { CommandInput, CommandName, CommandOutput, EventName, EventPayload } from '../../shared/contract.ts';
import { fromErrorBody, type ErrorBody } from '../../shared/errors.ts';
import type { Client, ConnectionState } from './client.ts';
import { Listeners } from './client-listeners.ts';

/** What the preload puts on the window. */
export interface LoupeBridge {
  invoke(name: string, input: unknown): Promise<{ output: unknown } | { error: ErrorBody }>;
  /** The path of a file that was dropped on the window. */
  pathOf?(file: File): string;
}

export class ElectronClient implements Client {
  readonly #bridge: LoupeBridge;
  readonly #listeners = new Listeners();

  constructor(bridge: LoupeBridge) {
    this.#bridge = bridge;
    // The port comes as a message of our own window: a MessagePort cannot cross the context bridge as a value.
    addEventListener('message', (event) => this.#port(event));
    this.#listeners.state = 'open';
  }

  get state(): ConnectionState {
    return this.#listeners.state;
  }

  async invoke<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    const reply = await this.#bridge.invoke(name, input);
    if ('error' in reply) throw fromErrorBody(reply.error);
    return reply.output as CommandOutput<N>;
  }

  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.onState(listener);
  }

  reconnect(): void {
    // The window and its services live and end together.
  }

  #port(event: MessageEvent): void {
    const port = event.ports[0];
    if (event.source !== window || event.data !== 'loupe:events' || port === undefined) return;
    port.onmessage = ({ data }: MessageEvent<{ name: string; payload: unknown }>) => this.#listeners.emit(data.name, data.payload);
  }
}
