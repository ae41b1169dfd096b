/**
 * Lines of a file from elsewhere, gzipped or not, with bounds on everything that it could grow: the length of a line, and how much
 * comes out of a compressed file for what went in.
 */
import { createReadStream, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { LoupeError } from '../../../shared/errors.ts';

export interface LineLimits {
  /** Bytes of a line. A row of an export has a few thousand. */
  readonly line: number;
  /** How many times larger than the file its content may be. JSON of mostly zeros comes to about 40. */
  readonly expansion: number;
}

export const lineLimits: LineLimits = { line: 16 << 20, expansion: 300 };

/** Content that any file may have, however small. */
const allowance = 16 << 20;

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

function isGzip(path: string): boolean {
  return path.endsWith('.gz');
}

/** The lines that are not empty. Kind bad-file for a broken or bursting file, a line that is too long, or bytes that are no UTF-8; not-found when it is not there. */
export async function* readLines(path: string, limits: LineLimits = lineLimits): AsyncGenerator<Line> {
  const most = allowance + statSync(path).size * (isGzip(path) ? limits.expansion : 1);
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  const stream = isGzip(path) ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => stream.destroy(error));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let pending: Uint8Array[] = [];
  let [length, bytes, number] = [0, 0, 0];
  const take = (): Line => {
    number++;
    const whole = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    [pending, length] = [[], 0];
    try {
      return { text: decoder.decode(whole), number };
    } catch {
      throw new LoupeError('bad-file', `${path}:${number}: the line is no UTF-8 text. Fetch the file again.`);
    }
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) throw new LoupeError('bad-file', `${path} unpacks to more than ${limits.expansion} times its size. It is no export; leave it out.`);
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        pending.push(chunk.subarray(from, end));
        // A file of nothing but line ends is passed over without anybody hearing of each.
        if (end > from || length > 0) yield take();
        else [pending, number] = [[], number + 1];
        from = end + 1;
      }
      if (from < chunk.length) {
        pending.push(chunk.subarray(from));
        length += chunk.length - from;
        if (length > limits.line) throw new LoupeError('bad-file', `${path}:${number + 1}: the line is longer than ${limits.line} bytes. It is no row of an export.`);
      }
    }
    if (length > 0) yield take();
  } catch (error) {
    throw readingError(error, path, number);
  } finally {
    stream.destroy();
    raw.destroy();
  }
}

function readingError(error: unknown, path: string, number: number): unknown {
  const { code } = error as { code?: string };
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error;
  return new LoupeError('bad-file', `${path}: it is broken or cut off after line ${number} (${code}). Fetch it again.`, undefined, { cause: error });
}
