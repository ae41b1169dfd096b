/**
 * Cells of a row, checked. A catalog may come from anyone: a STRICT schema binds whoever writes through SQLite, not who edits bytes.
 */
import { LoupeError } from '../../shared/errors.ts';
import type { Row } from './handle.ts';

function broken(column: string, what: string): LoupeError {
  return new LoupeError('bad-file', `the catalog is damaged: column ${column} holds ${what}. Run \`loupe catalog verify\` on it.`);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw broken(column, 'no whole number');
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** A finite number. */
export function real(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw broken(column, 'no finite number');
  return value;
}

export function realOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : real(row, column);
}

/** Text of at most `limit` UTF-16 units. */
export function text(row: Row, column: string, limit = 100_000): string {
  const value = row[column];
  if (typeof value !== 'string' || value.length > limit) throw broken(column, `no text of at most ${limit} characters`);
  return value;
}

export function textOrNull(row: Row, column: string, limit = 100_000): string | null {
  return row[column] === null ? null : text(row, column, limit);
}

/** Bytes: a multiple of `unit`, at most `limit`. The view is SQLite's own copy for this row. */
export function blob(row: Row, column: string, unit: number, limit: number): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array) || value.byteLength % unit !== 0 || value.byteLength > limit) {
    throw broken(column, `${value instanceof Uint8Array ? `${value.byteLength} bytes` : 'no bytes'} where a multiple of ${unit}, at most ${limit}, belongs`);
  }
  return value;
}
