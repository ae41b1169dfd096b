/** The bytes of a corpus file in order, decompressed by the ending of its name, without holding the file. */
import { createReadStream, openSync, closeSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { LoupeError } from '../../shared/errors.ts';

const chunkBytes = 1 << 18;
const decompressors: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = { '.gz': createGunzip, '.zst': createZstdDecompress };

/** The ending that says how a file is compressed, or '' when it is not. */
export function compressionOf(path: string): string {
  return Object.keys(decompressors).find((ending) => path.toLowerCase().endsWith(ending)) ?? '';
}

/** The name without its compression ending, in lower case: `A.JSONL.gz` -> `a.jsonl`. */
export function plainName(path: string): string {
  const lower = path.toLowerCase();
  return lower.slice(0, lower.length - compressionOf(path).length);
}

/** Kind not-found when there is no such file, bad-request when it is something else. */
export function requireFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new LoupeError('not-found', `corpus: ${path} does not exist. Check the path.`);
  if (!stat.isFile()) throw new LoupeError('bad-request', `corpus: ${path} is not a file.`);
}

function source(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  const decompress = decompressors[compressionOf(path)]?.();
  if (decompress === undefined) return file;
  file.on('error', (error) => decompress.destroy(error));
  decompress.on('close', () => file.destroy());
  return file.pipe(decompress);
}

/** Chunks of the file's (decompressed) bytes. Kind bad-file when the compression is broken. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  requireFile(path);
  try {
    for await (const chunk of source(path)) yield chunk as Uint8Array;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const compressed = code?.startsWith('Z_') === true || code?.startsWith('ZSTD') === true || code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END';
    if (!compressed) throw cause;
    throw new LoupeError('bad-file', `corpus: ${path} cannot be decompressed (${message}). Fetch it again.`, undefined, { cause });
  }
}

/** Refuses a file that is no UTF-8 text: kind bad-file. Compressed files are judged by their content's errors later. */
export function requireText(path: string): void {
  requireFile(path);
  if (compressionOf(path) !== '') return;
  const head = Buffer.alloc(4096);
  const fd = openSync(path, 'r');
  try {
    const read = readSync(fd, head, 0, head.length, 0);
    if (head.subarray(0, read).includes(0)) {
      throw new LoupeError('bad-file', `corpus: ${path} is not plain text (it contains zero bytes). Save it as UTF-8 text, JSONL or Parquet.`);
    }
  } finally {
    closeSync(fd);
  }
}
