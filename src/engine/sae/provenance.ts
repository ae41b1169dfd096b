/** loupe.json: where a dictionary came from, and the triple that catches weights which are not what was trained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { readJson } from '../formats/sae-lens.ts';
import { Random } from '../random.ts';
import type { Dictionary, DictionaryProvenance, SparseCodes } from './dictionary.ts';

export const provenanceFile = 'loupe.json';
const checkRows = 4;

const modelSchema = z.looseObject({
  name: z.string(), family: z.string(), dModel: z.int(), layers: z.int(), hash: z.string(), tokenizerHash: z.string(),
});
const corpusSchema = z.looseObject({ name: z.string(), documents: z.int(), hash: z.string(), sources: z.array(z.string()) });
const provenanceSchema = z.looseObject({
  format: z.literal('loupe-dictionary'),
  version: z.literal(1),
  variant: z.string(),
  model: modelSchema.nullable(),
  corpus: corpusSchema.nullable(),
  hookPoint: z.string(),
  contextLength: z.int().min(0),
  prependBos: z.boolean(),
  config: z.record(z.string(), z.unknown()),
  seed: z.int(),
  tokensSeen: z.number(),
  codeVersion: z.string(),
  backend: z.string(),
  check: z.object({ x: z.string(), latents: z.string(), reconstruction: z.string() }),
});

/** loupe.json of a folder, or null where there is none. Kind bad-file names the field. */
export function readProvenance(folder: string): DictionaryProvenance | null {
  const path = join(folder, provenanceFile);
  if (!existsSync(path)) return null;
  const parsed = provenanceSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LoupeError('bad-file', `${path}: ${issue.path.join('.')}: ${issue.message}. Train or convert the dictionary again.`);
}

/** Writes loupe.json, whole or not at all. */
export function writeProvenance(folder: string, provenance: DictionaryProvenance): void {
  writeJsonAtomic(join(folder, provenanceFile), provenance);
}

/** float32 as base64, little-endian. */
function encodeFloats(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function decodeFloats(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.byteLength & ~3)));
}

/** Pairs (index, value), row by row: float32 [rows, width, 2]. Exact for indices below 2^24. */
function pairsOf(codes: SparseCodes): Float32Array {
  const pairs = new Float32Array(codes.values.length * 2);
  codes.values.forEach((value, i) => pairs.set([codes.indices[i]!, value], 2 * i));
  return pairs;
}

/** The triple for a dictionary: seeded noise around its bias, of the size of its inputs (`rms` an entry). */
export function makeCheck(dictionary: Dictionary, rms: number): DictionaryProvenance['check'] {
  const x = Random.from(0, 'check').normals(checkRows * dictionary.dIn, rms);
  if (dictionary.dOut === dictionary.dIn) for (let i = 0; i < x.length; i++) x[i]! += dictionary.bDec[i % dictionary.dIn]!;
  return {
    x: encodeFloats(x),
    latents: encodeFloats(pairsOf(dictionary.encode(x, checkRows))),
    reconstruction: encodeFloats(dictionary.reconstruct(x, checkRows)),
  };
}

/**
 * Compares a loaded dictionary with the triple it was saved with. Kind mismatch: the weights are transposed, scaled or not those
 * of this loupe.json. A latent may change places where two are equal to the last bits; more than one in twenty may not.
 */
export function verifyCheck(dictionary: Dictionary, check: DictionaryProvenance['check'], folder: string): void {
  if (check.x === '') return;
  const x = decodeFloats(check.x);
  const rows = x.length / dictionary.dIn;
  if (!Number.isInteger(rows) || rows < 1) throw broken(folder, 'its inputs have another width');
  const latents = latentError(dictionary.encode(x, rows), decodeFloats(check.latents));
  if (!(latents <= 0.05)) throw broken(folder, `latents differ by ${(100 * latents).toPrecision(3)} %`);
  const error = relativeError(dictionary.reconstruct(x, rows), decodeFloats(check.reconstruction));
  if (!(error <= 0.01)) throw broken(folder, `reconstructions differ by ${(100 * error).toPrecision(3)} %`);
}

function broken(folder: string, how: string): LoupeError {
  return new LoupeError(
    'mismatch',
    `${folder}: the weights do not compute what ${provenanceFile} says (${how}): they are transposed, scaled or of another dictionary. Copy the folder again as a whole.`,
  );
}

/** |a - b| / |b|; not a number where lengths differ. */
function relativeError(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}

/** The sum of |difference| over latents as a share of the sum of values; `saved` holds pairs of as many rows as `codes`. */
function latentError(codes: SparseCodes, saved: Float32Array): number {
  const width = saved.length / 2 / codes.rows;
  if (!Number.isInteger(width)) return Number.NaN;
  let [difference, size] = [0, 0];
  for (let row = 0; row < codes.rows; row++) {
    const left = new Map<number, number>();
    for (let s = row * codes.width; s < (row + 1) * codes.width; s++) if (codes.values[s] !== 0) left.set(codes.indices[s]!, codes.values[s]!);
    for (let s = row * width; s < (row + 1) * width; s++) {
      const [index, value] = [saved[2 * s]!, saved[2 * s + 1]!];
      if (value === 0) continue;
      difference += Math.abs(value - (left.get(index) ?? 0));
      size += Math.abs(value);
      left.delete(index);
    }
    for (const value of left.values()) difference += Math.abs(value);
  }
  return size === 0 ? difference : difference / size;
}
