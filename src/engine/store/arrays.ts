/**
 * Activations that something else wrote, as plain arrays in one folder:
 *
 *     activations.npy + tokens.npy            or      activations.safetensors with the tensors `activations` and `tokens`
 *     loupe.json (optional)                   {"hook": "blocks.9.hook_resid_post", "model": ..., "specialTokenIds": [...], ...}
 *
 * `tokens` is [contexts, length]; `activations` is [contexts, length, d], or [contexts * length, d] in the same order.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { openNpy } from '../formats/npy.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { unknownModel } from './identity.ts';
import { manifestName, modelSchema } from './manifest.ts';
import { rowMask } from './mask.ts';
import { checkRange, hookOf } from './reader.ts';
import type { ActivationStore, StoreManifest } from './types.ts';

const sidecarSchema = z.strictObject({
  hook: z.string().min(1).default('activations').describe('Hook point of the activations'),
  model: modelSchema.optional().describe('Where they came from; without it only the width is compared'),
  specialTokenIds: z.array(z.number().int()).default([]),
  prependBos: z.boolean().default(false),
});

/** Reads by contexts; `length` and `d` are those of the manifest. */
export interface ArrayReader {
  /** int32 [count * contextLength] */
  readTokens(firstContext: number, count: number): Int32Array;
  /** float32 [count * contextLength, d] */
  readActivations(hook: string, firstContext: number, count: number): Float32Array;
  close(): void;
}

/** Two arrays, read by elements. */
interface ArraySource {
  readonly path: string;
  readonly tokensShape: readonly number[];
  readonly activationsShape: readonly number[];
  readonly dtype: 'float16' | 'float32';
  readTokens(first: number, count: number): Int32Array;
  readActivations(first: number, count: number): Float32Array;
  close(): void;
}

/** True when `folder` holds arrays in one of the two forms, and no store of Loupe's own. */
export function isArrayStore(folder: string): boolean {
  if (existsSync(join(folder, manifestName))) return false;
  return existsSync(join(folder, 'activations.npy')) || existsSync(join(folder, 'activations.safetensors'));
}

function npySource(folder: string): ArraySource {
  const activations = openNpy(join(folder, 'activations.npy'));
  try {
    const tokens = openNpy(join(folder, 'tokens.npy'));
    return {
      path: activations.path, tokensShape: tokens.shape, activationsShape: activations.shape,
      dtype: activations.dtype === '<f2' ? 'float16' : 'float32',
      readTokens: tokens.readInt32, readActivations: activations.readFloat32,
      close: () => { activations.close(); tokens.close(); },
    };
  } catch (error) {
    activations.close();
    throw error;
  }
}

function safetensorsSource(folder: string): ArraySource {
  const file = openSafetensors(join(folder, 'activations.safetensors'));
  const [activations, tokens] = [file.entries.get('activations'), file.entries.get('tokens')];
  if (activations === undefined || tokens === undefined) {
    file.close();
    throw new LoupeError('bad-file', `${file.path} lacks the tensor ${activations === undefined ? 'activations' : 'tokens'}; it has ${[...file.entries.keys()].slice(0, 20).join(', ')}.`);
  }
  return {
    path: file.path, tokensShape: tokens.shape, activationsShape: activations.shape,
    dtype: activations.dtype === 'F16' ? 'float16' : 'float32',
    readTokens: (first, count) => file.readInt32('tokens', first, count),
    readActivations: (first, count) => file.readFloat32('activations', first, count),
    close: () => file.close(),
  };
}

/** [contexts, length, d] of arrays that fit each other. Kind mismatch says both shapes. */
function dimensions({ path, tokensShape, activationsShape }: ArraySource): readonly [number, number, number] {
  const [contexts, length] = tokensShape;
  const d = activationsShape.at(-1);
  const rows = activationsShape.slice(0, -1);
  const fits = tokensShape.length === 2 && contexts! > 0 && length! > 0 && d !== undefined && d > 0 &&
    (rows.length === 2 ? rows[0] === contexts && rows[1] === length : rows.length === 1 && rows[0] === contexts! * length!);
  if (fits) return [contexts!, length!, d];
  throw new LoupeError('mismatch', `${path}: activations are [${activationsShape.join(', ')}] and tokens [${tokensShape.join(', ')}]. ` +
    'Tokens must be [contexts, length]; activations [contexts, length, d] or [contexts * length, d].');
}

/** What `loupe.json` beside arrays says of them, or the defaults. Kind bad-file. */
export function readSidecar(folder: string): z.infer<typeof sidecarSchema> {
  const path = join(folder, 'loupe.json');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return sidecarSchema.parse({});
  try {
    if (stat.size > 1 << 20) throw new Error(`it has ${stat.size} bytes`);
    return sidecarSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} does not describe these arrays: ${(cause as Error).message}`, undefined, { cause });
  }
}

function describe(folder: string, source: ArraySource): StoreManifest {
  const [contexts, contextLength, d] = dimensions(source);
  const { hook, model, specialTokenIds, prependBos } = readSidecar(folder);
  return {
    format: 'loupe-activations', version: 1, model: model ?? unknownModel(d),
    corpus: { name: basename(folder), documents: contexts, hash: '', sources: [basename(source.path)] },
    hooks: [{ name: hook, d }], dtype: source.dtype, contextLength, contexts, prependBos, isolate: false,
    specialTokenIds, seed: 0, shards: [], complete: true, codeVersion: '', backend: '',
  };
}

/** Opens the arrays in `folder` as a store; every context counts as one document. Kinds: not-found, bad-file, mismatch, unsupported. */
export function openArrayStore(folder: string): ActivationStore {
  const source = existsSync(join(folder, 'activations.npy')) ? npySource(folder) : safetensorsSource(folder);
  try {
    const manifest = describe(folder, source);
    const length = manifest.contextLength;
    const width = length * manifest.hooks[0]!.d;
    return new ArrayStore(folder, manifest, {
      readTokens: (first, count) => source.readTokens(first * length, count * length),
      readActivations: (_hook, first, count) => source.readActivations(first * width, count * width),
      close: () => source.close(),
    });
  } catch (error) {
    source.close();
    throw error;
  }
}

/** A store over arrays that something else wrote; every context counts as one document. */
export class ArrayStore implements ActivationStore {
  readonly folder: string;
  readonly manifest: StoreManifest;
  readonly #reader: ArrayReader;
  #closed = false;

  constructor(folder: string, manifest: StoreManifest, reader: ArrayReader) {
    this.folder = folder;
    this.manifest = manifest;
    this.#reader = reader;
  }

  tokens(firstContext: number, count: number): Int32Array {
    this.#check(firstContext, count);
    return this.#reader.readTokens(firstContext, count);
  }

  documents(firstContext: number, count: number): Int32Array {
    this.#check(firstContext, count);
    const { contextLength } = this.manifest;
    return Int32Array.from({ length: count * contextLength }, (_, row) => firstContext + Math.floor(row / contextLength));
  }

  mask(firstContext: number, count: number): Uint8Array {
    return rowMask(this.manifest, this.tokens(firstContext, count), this.documents(firstContext, count));
  }

  activations(hook: string, firstContext: number, count: number): Float32Array {
    const { name } = hookOf(this, hook);
    this.#check(firstContext, count);
    return this.#reader.readActivations(name, firstContext, count);
  }

  close(): void {
    if (!this.#closed) this.#reader.close();
    this.#closed = true;
  }

  #check(firstContext: number, count: number): void {
    if (this.#closed) throw new LoupeError('disposed', `the store ${this.folder} was closed and cannot be read any more.`);
    checkRange(this.manifest, firstContext, count);
  }
}
