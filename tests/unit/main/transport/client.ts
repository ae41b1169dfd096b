/** A studio's end of the WebSocket, for tests: the real frames over a real socket. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { connectionProtocols, contractPath, decodeFrame, encodeFrame } from '../../../../src/shared/wire.ts';
import type { HostMessage } from '../../../../src/shared/wire.ts';

export class TestClient {
  readonly socket: WebSocket;
  readonly events: { name: string; payload: unknown }[] = [];
  readonly #waiting = new Map<number, (message: HostMessage) => void>();
  #broken: ((message: HostMessage) => void)[] = [];
  #id = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = decodeFrame(data) as HostMessage;
      if (message.type === 'event') this.events.push(message);
      else if (message.id === null) this.#broken.shift()?.(message);
      else this.#waiting.get(message.id)?.(message);
    });
  }

  static async connect(port: number, token: string): Promise<TestClient> {
    const host = `127.0.0.1:${port}`;
    const socket = new WebSocket(`ws://${host}${contractPath}`, connectionProtocols(token), { origin: `http://${host}` });
    const client = new TestClient(socket);
    await once(socket, 'open');
    return client;
  }

  invoke(name: string, input: unknown): Promise<HostMessage> {
    const id = this.#id++;
    const answer = new Promise<HostMessage>((resolve) => this.#waiting.set(id, resolve));
    this.socket.send(encodeFrame({ type: 'invoke', id, name, input }));
    return answer;
  }

  /** Sends bytes or text as they are; the answer is to a message that could not be read. */
  raw(data: string | Uint8Array): Promise<HostMessage> {
    const answer = new Promise<HostMessage>((resolve) => this.#broken.push(resolve));
    this.socket.send(data);
    return answer;
  }
}
