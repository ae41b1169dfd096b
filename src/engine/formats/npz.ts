/** NumPy's `.npz`: a ZIP archive with one `.npy` file an array, stored or deflated. */
import { LoupeError } from '../../shared/errors.ts';
import { npyFile, parseNpy } from './npy.ts';
import type { TensorSource } from './tensor-source.ts';
import { writeZip } from './zip-writer.ts';
import { openZip } from './zip.ts';

const ending = '.npy';

/**
 * Opens an archive of float arrays. All are unpacked at once: a deflated member does not tell its shape before.
 * Kinds: not-found, bad-file, unsupported, mismatch (integers).
 */
export function openNpz(path: string): TensorSource {
  const zip = openZip(path);
  try {
    const names = [...zip.members.keys()].filter((name) => name.endsWith(ending));
    const entries = new Map(names.map((name) => [name.slice(0, -ending.length), parseNpy(zip.read(name), `${path}: ${name}`)]));
    const readFloat32 = (name: string): Float32Array<ArrayBuffer> => {
      const entry = entries.get(name);
      if (entry === undefined) throw new LoupeError('not-found', `${path} has no array ${name}.`);
      return entry.data;
    };
    return { path, entries, readFloat32, close: () => entries.clear() };
  } finally {
    zip.close();
  }
}

/** Writes float32 arrays, uncompressed as numpy.savez does. Kind unsupported above 4 GB. */
export function writeNpz(path: string, arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>): void {
  writeZip(path, Object.entries(arrays).map(([name, { shape, data }]) => ({ name: name + ending, data: npyFile(shape, data) })));
}
