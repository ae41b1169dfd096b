/**
 * Messages over a stream of bytes (a pipe between main and the engine): u32 length, then a frame of shared/wire.ts.
 *
 * A pipe of our own rather than Node's built-in one, because Electron's V8 and Node's need not agree on a serialization.
 */
import type { Duplex } from 'node:stream';
import { LoupeError } from '../shared/errors.ts';
import { decodeFrame, encodeFrame } from '../shared/wire.ts';

/** No message is larger: what is larger goes through a file. */
export const maxMessageBytes = 256 * 2 ** 20;

export interface Channel {
  /** Queued when the other side is slow; silently dropped once the stream has ended. */
  readonly send: (message: unknown) => void;
  readonly close: () => void;
}

/** Cuts arriving chunks into messages. Gives back whole messages only; throws bad-request on a length beyond the limit. */
export function messageSplitter(limit: number = maxMessageBytes): (chunk: Uint8Array) => Uint8Array[] {
  let chunks: Uint8Array[] = [];
  let held = 0;
  const take = (count: number): Uint8Array => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks = all.length > count ? [all.subarray(count)] : [];
    held -= count;
    return all.subarray(0, count);
  };
  let wanted: number | null = null;
  return (chunk) => {
    if (chunk.length > 0) chunks.push(chunk);
    held += chunk.length;
    const messages: Uint8Array[] = [];
    for (;;) {
      if (wanted === null) {
        if (held < 4) return messages;
        const head = take(4);
        wanted = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
        if (wanted > limit) throw new LoupeError('bad-request', `a message of ${wanted} bytes is larger than the limit of ${limit}`);
      }
      if (held < wanted) return messages;
      messages.push(take(wanted));
      wanted = null;
    }
  };
}

/** Sends and receives messages on `stream`. `onEnd` is called once, with the reason when it was not a plain end. */
export function openChannel(stream: Duplex, onMessage: (message: unknown) => void, onEnd: (error: Error | null) => void): Channel {
  const split = messageSplitter();
  let ended = false;
  const end = (error: Error | null): void => {
    if (ended) return;
    ended = true;
    stream.destroy();
    onEnd(error);
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const message of split(chunk)) onMessage(decodeFrame(message));
    } catch (error) {
      end(error as Error);
    }
  });
  stream.on('error', (error: Error) => end(error));
  stream.on('close', () => end(null));
  return {
    send: (message) => {
      if (ended) return;
      const frame = encodeFrame(message);
      if (frame.length > maxMessageBytes) throw new LoupeError('defect', `a message of ${frame.length} bytes is too large: write a file`);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      stream.cork();
      stream.write(length);
      stream.write(frame);
      stream.uncork();
    },
    close: () => end(null),
  };
}
