/** `info`: facts about the file itself, by name. */
import { text } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';

export function setInfo(db: WriteHandle, key: string, value: string): void {
  db.run('INSERT INTO info (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
}

export function info(db: ReadHandle): ReadonlyMap<string, string> {
  return new Map(db.all('SELECT key, value FROM info ORDER BY key LIMIT 1000').map((row) => [text(row, 'key', 200), text(row, 'value')]));
}
