/** SQLite's result codes as our error kinds, with a message that says what to do. */
import { LoupeError } from '../../shared/errors.ts';
import type { ErrorKind } from '../../shared/errors.ts';

/** Extended codes begin with their primary code: `SQLITE_IOERR_WRITE` is an `SQLITE_IOERR`. First match wins. */
const byCode: readonly (readonly [code: string, kind: ErrorKind, cure: string])[] = [
  ['SQLITE_FULL', 'no-space', 'the disk is full. Free some space and run the same command again: it goes on where it stopped.'],
  ['SQLITE_READONLY_ROLLBACK', 'bad-file', 'its last writer was interrupted and its journal lies beside it. Open it once where it can be written.'],
  ['SQLITE_READONLY', 'read-only', 'the file or its folder cannot be written. Copy the catalog to a place that can.'],
  ['SQLITE_PERM', 'read-only', 'the file or its folder cannot be written. Copy the catalog to a place that can.'],
  ['SQLITE_CORRUPT', 'bad-file', 'the file is damaged. `loupe catalog verify` says where; fetch it again or restore a copy.'],
  ['SQLITE_NOTADB', 'bad-file', 'this is no catalog (not an SQLite file).'],
  ['SQLITE_FORMAT', 'bad-file', 'this is no catalog (not an SQLite file).'],
  ['SQLITE_BUSY', 'locked', 'another program is writing to it. Close that program, or wait and try again.'],
  ['SQLITE_LOCKED', 'locked', 'another program is writing to it. Close that program, or wait and try again.'],
  ['SQLITE_CANTOPEN', 'not-found', 'it cannot be opened. Check that the path exists and can be read.'],
  ['SQLITE_IOERR', 'bad-file', 'the disk gave an error while reading or writing. Check the disk, then `loupe catalog verify`.'],
  ['SQLITE_NOMEM', 'out-of-memory', 'there is not enough memory.'],
  ['SQLITE_TOOBIG', 'bad-file', 'a value in it is larger than any that Loupe writes.'],
];

/** Anything thrown while working on the catalog at `path`, as a LoupeError. Ours pass unchanged; unknown errors stay defects. */
export function sqliteError(thrown: unknown, path: string): unknown {
  if (thrown instanceof LoupeError || !(thrown instanceof Error)) return thrown;
  const code = (thrown as { code?: unknown }).code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return thrown;
  const row = byCode.find(([prefix]) => code === prefix || code.startsWith(`${prefix}_`));
  if (row === undefined) return new LoupeError('defect', `${path}: ${thrown.message}`, `${code}\n${thrown.stack}`, { cause: thrown });
  return new LoupeError(row[1], `${path}: ${row[2]}`, `${code}: ${thrown.message}`, { cause: thrown });
}
