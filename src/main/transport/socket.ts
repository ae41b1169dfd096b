/** One studio that is connected over a WebSocket: its commands in, answers and events out. */
import type { WebSocket } from 'ws';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import { clientMessageSchema, decodeFrame, encodeFrame } from '../../shared/wire.ts';
import type { ClientMessage, HostMessage } from '../../shared/wire.ts';
import type { EventHub } from '../events.ts';
import type { Invoke } from '../invoke.ts';

/** Commands of one studio that run at the same time; beyond that it is refused, not queued without end. */
const maxInFlight = 256;
/** With so many bytes waiting for a slow reader, progress is dropped; with so many more, the reader is. */
const dropProgressAt = 8 * 2 ** 20;
const dropReaderAt = 256 * 2 ** 20;

function parseMessage(data: unknown, isBinary: boolean): ClientMessage {
  if (!isBinary || !(data instanceof Buffer)) throw new LoupeError('bad-request', 'expected a binary frame');
  const parsed = clientMessageSchema.safeParse(decodeFrame(data));
  if (!parsed.success) throw new LoupeError('bad-request', 'expected a message {type: "invoke", id, name, input}');
  return parsed.data;
}

export function serveSocket(socket: WebSocket, invoke: Invoke, hub: EventHub): void {
  let inFlight = 0;
  const send = (message: HostMessage): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > dropReaderAt) return socket.terminate();
    socket.send(encodeFrame(message));
  };
  const answer = async ({ id, name, input }: ClientMessage): Promise<void> => {
    if (inFlight >= maxInFlight) {
      return send({ type: 'error', id, error: { kind: 'conflict', message: `more than ${maxInFlight} commands at once: wait for answers` } });
    }
    inFlight += 1;
    try {
      send({ type: 'result', id, output: await invoke(name, input) });
    } catch (error) {
      send({ type: 'error', id, error: toErrorBody(error) });
    } finally {
      inFlight -= 1;
    }
  };
  const unsubscribe = hub.subscribe((name, payload) => {
    if (name === 'job.progress' && socket.bufferedAmount > dropProgressAt) return;
    send({ type: 'event', name, payload });
  });
  socket.on('message', (data: unknown, isBinary: boolean) => {
    try {
      void answer(parseMessage(data, isBinary));
    } catch (error) {
      send({ type: 'error', id: null, error: toErrorBody(error) });
    }
  });
  socket.on('close', unsubscribe);
  socket.on('error', () => socket.terminate());
}
