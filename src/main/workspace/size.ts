/** How much a file or folder holds, without following links. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries looked at to learn the size of one folder. */
const maxEntries = 20_000;

export interface Size {
  readonly bytes: number;
  /** There are more entries than were looked at: `bytes` is a lower bound. */
  readonly atLeast: boolean;
}

/** Bytes of a file, or of the first 20,000 entries of a folder; 0 for what cannot be read, and for a link. */
export async function sizeOf(path: string): Promise<Size> {
  const status = await lstat(path).catch(() => null);
  if (status === null || !status.isDirectory()) return { bytes: status?.isFile() === true ? status.size : 0, atLeast: false };
  let bytes = 0;
  let seen = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++seen > maxEntries) return { bytes, atLeast: true };
      const child = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(child);
      else if (entry.isFile()) bytes += await lstat(child).then((s) => s.size, () => 0);
    }
  }
  return { bytes, atLeast: false };
}
