/** A model's hash: sha256 over its tensors' names, dtypes, shapes and bytes, remembered by the files' sizes and times. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { cacheRoot } from '../backend/installed.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import type { WeightSource } from './definition.ts';

/** path -> stamp (size and time of change of every weight file) and hash */
const memorySchema = z.record(z.string(), z.object({ stamp: z.string(), hash: z.string().regex(/^[0-9a-f]{64}$/u) }));
type Memory = z.infer<typeof memorySchema>;

/** Hashes that are kept; the oldest fall out. */
const kept = 200;

/** sha256 (hex) of all tensors of `source`, in the order of their names: equal files in other shards or orders hash equally. */
export function hashTensors(source: WeightSource): string {
  const hash = createHash('sha256');
  for (const name of [...source.shapes.keys()].sort()) {
    hash.update(JSON.stringify([name, source.dtype(name), source.shapes.get(name)]));
    for (const piece of source.bytes(name)) hash.update(piece);
  }
  return hash.digest('hex');
}

function readMemory(path: string): Memory {
  try {
    const parsed = memorySchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

function stampOf(files: readonly string[]): string {
  return files.map((file) => {
    const { size, mtimeMs, ino } = statSync(file);
    return `${file}:${size}:${mtimeMs}:${ino}`;
  }).join('|');
}

/** The hash of a model whose weights lie in `files`; computed once for each state of the files. */
export function modelHash(source: WeightSource, files: readonly string[], cache: string = cacheRoot()): string {
  const memoryPath = join(cache, 'model-hashes.json');
  const [key, stamp] = [resolve(source.path), stampOf(files)];
  const memory = readMemory(memoryPath);
  const known = memory[key];
  if (known?.stamp === stamp) return known.hash;
  const hash = hashTensors(source);
  const others = Object.entries(memory).filter(([path]) => path !== key).slice(-kept + 1);
  try {
    writeJsonAtomic(memoryPath, Object.fromEntries([...others, [key, { stamp, hash }]]));
  } catch {
    /* a cache that cannot be written only costs time */
  }
  return hash;
}
