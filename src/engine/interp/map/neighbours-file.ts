/** Neighbours of features in a file of the job's folder: int32 n, int32 k, int32 ids [n, k], float32 cosines [n, k], little-endian. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from '../../files/atomic.ts';
import { LoupeError } from '../../../shared/errors.ts';

export interface StoredNeighbours {
  readonly n: number;
  readonly k: number;
  /** int32 [n, k] */
  readonly ids: Int32Array;
  /** float32 [n, k] */
  readonly cosines: Float32Array;
}

const maxBytes = 2 ** 31;

export function writeNeighbours(path: string, { n, k, ids, cosines }: StoredNeighbours): void {
  const out = new Uint8Array(8 + 8 * n * k);
  const head = new DataView(out.buffer);
  head.setInt32(0, n, true);
  head.setInt32(4, k, true);
  out.set(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength), 8);
  out.set(new Uint8Array(cosines.buffer, cosines.byteOffset, cosines.byteLength), 8 + 4 * n * k);
  writeFileAtomic(path, out);
}

/** The neighbours in a file, or null where there is none. Kind bad-file for one that is not what it says. */
export function readNeighbours(path: string): StoredNeighbours | null {
  if (!existsSync(path)) return null;
  if (statSync(path).size > maxBytes) throw new LoupeError('bad-file', `${path} is larger than neighbours can be. Remove the run's folder and start again.`);
  // A copy of its own begins at an address that any view may have.
  const { buffer } = Uint8Array.from(readFileSync(path));
  const head = new DataView(buffer);
  const [n, k] = buffer.byteLength < 8 ? [-1, -1] : [head.getInt32(0, true), head.getInt32(4, true)];
  if (n < 1 || k < 1 || buffer.byteLength !== 8 + 8 * n * k) throw new LoupeError('bad-file', `${path} is not the neighbours of features. Remove the run's folder and start again.`);
  const ids = new Int32Array(buffer, 8, n * k);
  if (ids.some((id, place) => id < 0 || id >= n || id === Math.floor(place / k))) throw new LoupeError('bad-file', `${path} names a neighbour that is no other feature. Remove the run's folder and start again.`);
  return { n, k, ids, cosines: new Float32Array(buffer, 8 + 4 * n * k, n * k) };
}
