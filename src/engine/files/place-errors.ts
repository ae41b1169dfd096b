/** The system's refusals to write, as ours: the place, what is wrong with it, and what to do. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';

/**
 * The code of a failed write at `place`. Making folders below a read-only disk fails with ENOENT in Node: the nearest folder
 * that exists tells the truth.
 */
export function writeCode(place: string, code: string | undefined): string | undefined {
  if (code !== 'ENOENT') return code;
  let folder = resolve(place);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return code;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** `thrown` as kind no-space or read-only where the system could not write at or below `place`; anything else as it is. */
export function placeError(thrown: unknown, place: string): unknown {
  if (thrown instanceof LoupeError || !(thrown instanceof Error)) return thrown;
  const code = writeCode(place, (thrown as NodeJS.ErrnoException).code);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LoupeError('no-space', `the disk became full while ${place} was written. Free some disk and run the same command again: what was whole is kept.`, thrown.message, { cause: thrown });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new LoupeError('read-only', `${place} cannot be written (${code}). Choose another folder, or make it writable.`, thrown.message, { cause: thrown });
  }
  return thrown;
}
