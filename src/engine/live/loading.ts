/** Models and dictionaries by path, on a shelf: how much memory they will take, and when their files have changed. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { dictionaryHash } from '../interp/build-key.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { inspectModel, loadModel } from '../lm/load.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { loadDictionary } from '../sae/load.ts';
import { availableMemory } from '../train/budget.ts';
import { Shelf, type Lease } from './shelf.ts';

/** A dictionary with what is asked about it again and again. */
export interface OpenDictionary {
  readonly path: string;
  readonly dictionary: Dictionary;
  /** That of interp/build-key.ts: a catalog names its dictionary by it. */
  readonly hash: string;
  dispose(): void;
}

/** Beside the weights: tokenizer, tables, and what a pass over a few hundred tokens needs. */
const overhead = 96 * 2 ** 20;
const float = 4;
/** A dictionary keeps its weights as arrays and as tensors. */
const copies = 2;
/** Weights at half precision take twice the room once they are float32. */
const half = 2;

const weightFiles = /\.(safetensors|pt|npz)$/u;

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().map((name) => join(path, name)).filter((file) => statSync(file).isFile());
}

/** Sizes and times of the files at a path: another stamp, other contents. Kind not-found. */
export function stampOf(path: string): string {
  return filesOf(path).map((file) => {
    const { size, mtimeMs, ino } = statSync(file);
    return `${ino}:${size}:${mtimeMs}`;
  }).join('|');
}

function existing(path: string, what: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new LoupeError('not-found', `there is no ${what} at ${path}. Choose it again where it lies now.`);
  }
}

/** Bytes of a model's weights in float32, with what is around them, from its description alone. */
export function modelBytes(path: string): number {
  return float * inspectModel(path).parameters + overhead;
}

/** Bytes that a dictionary may take, from the sizes of its files. */
export function dictionaryBytes(path: string): number {
  const sizes = filesOf(path).filter((file) => weightFiles.test(file)).map((file) => statSync(file).size);
  const isOurs = filesOf(path).some((file) => file.endsWith('sae_weights.safetensors'));
  return sizes.reduce((a, b) => a + b, 0) * copies * (isOurs ? 1 : half) + 2 ** 20;
}

export function machineRoom(): { readonly available: number; readonly total: number } {
  return { available: availableMemory(), total: totalmem() };
}

/** The things that requests use, loaded when first wanted. */
export class LiveLibrary {
  readonly shelf: Shelf;

  constructor(room: () => { readonly available: number; readonly total: number } = machineRoom) {
    this.shelf = new Shelf(room);
  }

  /** Kinds: those of `loadModel`, out-of-memory. */
  async model(given: string): Promise<Lease<LanguageModel>> {
    await loadBackend();
    const path = existing(given, 'model');
    return this.shelf.lease({ kind: 'model', path, stamp: stampOf(path), bytes: modelBytes(path), load: () => loadModel(path) });
  }

  /** Kinds: those of `loadDictionary`, out-of-memory. */
  async dictionary(given: string): Promise<Lease<OpenDictionary>> {
    await loadBackend();
    const path = existing(given, 'dictionary');
    const load = async (): Promise<OpenDictionary> => {
      const dictionary = await loadDictionary(path);
      return { path: given, dictionary, hash: dictionaryHash(dictionary), dispose: () => dictionary.dispose() };
    };
    return this.shelf.lease({ kind: 'dictionary', path, stamp: stampOf(path), bytes: dictionaryBytes(path), load });
  }
}

/** Gives every lease back when `work` has ended. */
export async function using<T>(leases: readonly Promise<Lease<unknown>>[], work: () => T | Promise<T>): Promise<T> {
  const settled = await Promise.allSettled(leases);
  try {
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await work();
  } finally {
    for (const one of settled) if (one.status === 'fulfilled') one.value.release();
  }
}
