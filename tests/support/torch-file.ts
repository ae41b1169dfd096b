/** Torch archives with pickles made by hand: the honest ones that torch writes, and those that attack. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pickleBytes, pickledCall, pickledDict, pickledFalse, pickledGlobal, pickledInteger, pickledPersistent, pickledString, pickledTuple } from '../../src/engine/formats/pickle-writer.ts';
import type { Pickled } from '../../src/engine/formats/pickle-writer.ts';
import { zipBytes } from './zip-file.mjs';

/** Instructions of a pickle written out: text as it is, numbers as bytes. */
export function raw(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

/** `c module name ( X text t R`: Python would call the global with the text. */
export function payload(module: string, name: string, argument: string): Pickled {
  return pickledCall(pickledGlobal(module, name), [pickledString(argument)]);
}

export interface TensorClaims {
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly first?: number;
  readonly storage?: string;
  readonly key?: string;
  readonly elements?: number;
}

/** A tensor as torch pickles it, with claims that need not be true. */
export function pickledTensor({ shape, stride, first = 0, storage = 'FloatStorage', key = '0', elements = 6 }: TensorClaims): Pickled {
  const id = pickledTuple([pickledString('storage'), pickledGlobal('torch', storage), pickledString(key), pickledString('cpu'), pickledInteger(elements)]);
  return pickledCall(pickledGlobal('torch._utils', '_rebuild_tensor_v2'), [
    pickledPersistent(id), pickledInteger(first), pickledTuple(shape.map(pickledInteger)), pickledTuple(stride.map(pickledInteger)), pickledFalse,
    pickledCall(pickledGlobal('collections', 'OrderedDict'), []),
  ]);
}

/** Bytes of a `.pt` file: the pickle, storages by key, further members. */
export function torchBytes(pickle: Uint8Array, storages: Readonly<Record<string, Buffer>> = {}, more: Readonly<Record<string, Buffer>> = {}): Buffer {
  const members = { 'archive/data.pkl': Buffer.from(pickle), ...Object.fromEntries(Object.entries(storages).map(([key, data]) => [`archive/data/${key}`, data])), ...more };
  return zipBytes(Object.entries(members).map(([name, data]) => ({ name, data, method: 'stored' })));
}

/** A file with one entry `w` and the storage 1 to 6, float32. */
export function writeTorchFile(folder: string, entry: Pickled, more: Readonly<Record<string, Buffer>> = {}): string {
  const path = join(folder, 'file.pt');
  const storage = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  writeFileSync(path, torchBytes(pickleBytes(pickledDict({ w: entry })), { 0: storage }, more));
  return path;
}
