/** The client in a browser: one WebSocket to the loopback host, commands and events as binary frames (shared/wire.ts). */
import type { CommandInput, CommandName, CommandOutput, EventName, EventPayload } from '../../shared/contract.ts';
import { fromErrorBody, LoupeError } from '../../shared/errors.ts';
import { connectionProtocols, contractPath, decodeFrame, encodeFrame, hostMessageSchema, type ClientMessage, type HostMessage } from '../../shared/wire.ts';
import type { Client, ConnectionState } from './client.ts';
import { Listeners } from './client-listeners.ts';

interface Waiting {
  readonly resolve: (output: never) => void;
  readonly reject: (error: LoupeError) => void;
}

const firstDelay = 250;
const longestDelay = 10_000;

/** Milliseconds before the attempt after `failures` failed ones. */
export function backOff(failures: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** Math.max(0, failures - 1));
}

export class WebSocketClient implements Client {
  readonly #host: string;
  readonly #token: string | null;
  readonly #listeners = new Listeners();
  readonly #waiting = new Map<number, Waiting>();
  /** Commands asked for before the connection stands. */
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #socket: WebSocket | null = null;
  #next = 1;
  #failures = 0;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: string, token: string | null) {
    this.#host = host;
    this.#token = token;
    this.#connect();
  }

  get state(): ConnectionState {
    return this.#listeners.state;
  }

  invoke<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    if (this.state === 'lost' || this.state === 'refused') return Promise.reject(notConnected(name));
    const message: ClientMessage = { type: 'invoke', id: this.#next++, name, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.id, { resolve, reject });
      const frame = encodeFrame(message);
      if (this.state === 'open') this.#socket!.send(frame);
      else this.#queue.push(frame);
    });
  }

  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#listeners.onState(listener);
  }

  reconnect(): void {
    if (this.state === 'open' || this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Ends the connection for good. */
  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${this.#host}${contractPath}`, connectionProtocols(this.#token ?? 'none'));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#opened(socket);
    };
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => void this.#closed(opened);
  }

  #opened(socket: WebSocket): void {
    this.#failures = 0;
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) socket.send(frame);
    this.#listeners.state = 'open';
  }

  async #closed(opened: boolean): Promise<void> {
    this.#socket = null;
    this.#queue = [];
    this.#failures++;
    this.#rejectAll();
    // A browser does not say why a handshake failed: a host that serves the page but not the socket has refused our token.
    if (this.#ended) return;
    this.#listeners.state = !opened && (await this.#hostAnswers()) ? 'refused' : 'lost';
    this.#timer = setTimeout(() => this.#connect(), backOff(this.#failures));
  }

  async #hostAnswers(): Promise<boolean> {
    try {
      return (await fetch('./icon.svg', { cache: 'no-store', signal: AbortSignal.timeout(3000) })).ok;
    } catch {
      return false;
    }
  }

  #rejectAll(): void {
    for (const { reject } of this.#waiting.values()) reject(new LoupeError('engine-lost', 'The connection to Loupe was lost before it answered. It is tried again by itself; then repeat what you did.'));
    this.#waiting.clear();
  }

  #received(data: unknown): void {
    const message = hostMessageSchema.parse(decodeFrame(new Uint8Array(data as ArrayBuffer))) as HostMessage;
    if (message.type === 'event') this.#listeners.emit(message.name, message.payload);
    else if (message.type === 'result') this.#take(message.id)?.resolve(message.output as never);
    else if (message.id !== null) this.#take(message.id)?.reject(fromErrorBody(message.error as Parameters<typeof fromErrorBody>[0]));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

function notConnected(name: string): LoupeError {
  return new LoupeError('engine-lost', `The studio is not connected to Loupe, so ${name} was not sent. Start it again with "loupe serve", or wait for the connection.`);
}
