/**
 * The first 100 bytes of a file, looked at before SQLite is: what is no catalog, was cut off or belongs to somebody's open session is
 * refused in words. (better-sqlite3 is built without URI names, so `immutable=1` cannot be asked for: a foreign file is opened
 * read-only, and refused when a journal lies beside it or its header asks for one.)
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';

const magic = 'SQLite format 3\0';
/** `application_id` of a catalog, as in schema.ts (which reaches SQLite; this file is read on main's loop). */
const loup = 'LOUP';

function readHeader(path: string): { header: Buffer; bytes: number } {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LoupeError('not-found', `${path} cannot be opened (${code}). Check the path.`, undefined, { cause });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new LoupeError('bad-file', `${path} is a folder, and a catalog is one file.`);
    const header = Buffer.alloc(Math.min(100, stat.size));
    readSync(fd, header, 0, header.length, 0);
    return { header, bytes: stat.size };
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Throws kind bad-file when `path` cannot be a catalog. `foreign`: nothing beside the file is believed. */
export function checkHeader(path: string, foreign: boolean): void {
  const { header, bytes } = readHeader(path);
  if (bytes < 100 || header.toString('latin1', 0, 16) !== magic) throw new LoupeError('bad-file', `${path} is no catalog: it is not an SQLite file.`);
  if (header.toString('latin1', 68, 72) !== loup) throw new LoupeError('bad-file', `${path} is an SQLite file, but no Loupe catalog.`);
  // SQLite has written schema format 4 since 2006, and gives no code of its own for others.
  if (header.readUInt32BE(44) > 4) throw new LoupeError('bad-file', `${path} is damaged: its header names schema format ${header.readUInt32BE(44)}. Copy or fetch it again.`);
  const journal = sizeOf(`${path}-journal`) > 0;
  if (foreign && (journal || header[18] !== 1 || header[19] !== 1)) {
    throw new LoupeError('bad-file', `${path} was not closed by the program that wrote it${journal ? ' (its journal lies beside it)' : ''}. Ask its sender to close it and send it again.`);
  }
  const page = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
  const expected = page * header.readUInt32BE(28);
  // With a journal the file may be in the middle of a transaction, which its next writer undoes.
  if (!journal && expected > bytes) throw new LoupeError('bad-file', `${path} is cut off: it has ${bytes} of ${expected} bytes. Copy or fetch it again.`);
}
