/**
 * Writing safetensors without holding the file in memory: the specs are known first, the data comes in any order and
 * in pieces, and the file takes its place (fsync, rename) only when every byte has been written.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { asideName, syncFolder } from '../files/atomic.ts';
import { encodeFloat16 } from './float16.ts';
import { dtypeBytes } from './safetensors-header.ts';

export type WritableDtype = 'F32' | 'F16' | 'I32' | 'I64' | 'U8';

export interface TensorSpec {
  readonly name: string;
  readonly dtype: WritableDtype;
  readonly shape: readonly number[];
}

/** F16 takes float32 values (rounded) or uint16 bit patterns; I64 takes BigInt64Array. */
export type TensorValues = Float32Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array;

export interface TensorData extends Omit<TensorSpec, 'name'> {
  readonly data: TensorValues;
}

export interface SafetensorsWriter {
  /** Writes `values` at element `first` of the flattened tensor; without `first`, after what was written last. */
  write(name: string, values: TensorValues, first?: number): void;
  /** Makes the file durable and puts it in place. Kind defect when elements are missing. Returns its size in bytes. */
  finish(): number;
  /** Leaves nothing behind. Safe to call after `finish`. */
  abort(): void;
}

interface Slot {
  readonly spec: TensorSpec;
  readonly elements: number;
  /** First byte in the file. */
  readonly offset: number;
  written: number;
  next: number;
}

const arrayOf: Record<WritableDtype, readonly (new (n: number) => TensorValues)[]> = {
  F32: [Float32Array], F16: [Uint16Array], I32: [Int32Array], I64: [BigInt64Array], U8: [Uint8Array],
};

function headerBytes(specs: readonly TensorSpec[], metadata: Readonly<Record<string, string>>): Buffer {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, dtype, shape } of specs) {
    const end = offset + shape.reduce((a, b) => a * b, 1) * dtypeBytes[dtype];
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const padded = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return Buffer.concat([length, padded]);
}

function slotsOf(specs: readonly TensorSpec[], dataStart: number): Map<string, Slot> {
  const slots = new Map<string, Slot>();
  let offset = dataStart;
  for (const spec of specs) {
    if (slots.has(spec.name) || spec.name === '__metadata__') throw new LoupeError('defect', `two tensors named ${spec.name}`);
    const elements = spec.shape.reduce((a, b) => a * b, 1);
    slots.set(spec.name, { spec, elements, offset, written: 0, next: 0 });
    offset += elements * dtypeBytes[spec.dtype];
  }
  return slots;
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), position + done);
  }
}

function encode(spec: TensorSpec, values: TensorValues): Uint8Array {
  const array = spec.dtype === 'F16' && values instanceof Float32Array ? encodeFloat16(values) : values;
  if (!arrayOf[spec.dtype].some((type) => array instanceof type)) {
    throw new LoupeError('defect', `tensor ${spec.name} is ${spec.dtype} and was given a ${values.constructor.name}`);
  }
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The bytes that stand before the data, where each tensor's data begins in the file, and the file's size; in bytes. */
export function safetensorsLayout(
  specs: readonly TensorSpec[], metadata: Readonly<Record<string, string>> = {},
): { readonly header: Uint8Array; readonly offsets: ReadonlyMap<string, number>; readonly bytes: number } {
  const header = headerBytes(specs, metadata);
  const slots = slotsOf(specs, header.byteLength);
  const last = [...slots.values()].at(-1);
  const bytes = last === undefined ? header.byteLength : last.offset + last.elements * dtypeBytes[last.spec.dtype];
  return { header, offsets: new Map([...slots].map(([name, { offset }]) => [name, offset])), bytes };
}

/** Starts a file at `path` with these tensors, in this order. An existing file is replaced at `finish`. */
export function openSafetensorsWriter(path: string, specs: readonly TensorSpec[], metadata: Readonly<Record<string, string>> = {}): SafetensorsWriter {
  const { header, bytes: size } = safetensorsLayout(specs, metadata);
  const slots = slotsOf(specs, header.byteLength);
  mkdirSync(dirname(path), { recursive: true });
  const aside = asideName(path);
  let fd: number | null = openSync(aside, 'wx');
  const abort = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
    rmSync(aside, { force: true });
  };
  const guarded = <T>(work: (file: number) => T): T => {
    if (fd === null) throw new LoupeError('disposed', `${path} is finished and cannot be written any more.`);
    try {
      return work(fd);
    } catch (error) {
      abort();
      throw error;
    }
  };
  guarded((file) => writeAt(file, header, 0));
  return {
    abort,
    write: (name, values, first) => guarded((file) => writeSlice(file, slots, name, values, first)),
    finish: () => guarded((file) => {
      for (const slot of slots.values()) {
        if (slot.written !== slot.elements) throw new LoupeError('defect', `tensor ${slot.spec.name}: ${slot.written} of ${slot.elements} elements were written`);
      }
      ftruncateSync(file, size);
      fsyncSync(file);
      closeSync(file);
      fd = null;
      renameSync(aside, path);
      syncFolder(dirname(path));
      return size;
    }),
  };
}

function writeSlice(fd: number, slots: ReadonlyMap<string, Slot>, name: string, values: TensorValues, first?: number): void {
  const slot = slots.get(name);
  if (slot === undefined) throw new LoupeError('defect', `no tensor ${name} was announced`);
  const at = first ?? slot.next;
  if (at + values.length > slot.elements) throw new LoupeError('defect', `tensor ${name} has ${slot.elements} elements; ${values.length} at ${at} do not fit`);
  writeAt(fd, encode(slot.spec, values), slot.offset + at * dtypeBytes[slot.spec.dtype]);
  slot.written += values.length;
  slot.next = at + values.length;
}

/** Writes whole tensors at once, aside, and puts the file in place. Returns its size in bytes. */
export function writeSafetensors(path: string, tensors: Readonly<Record<string, TensorData>>, metadata: Readonly<Record<string, string>> = {}): number {
  const specs = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const writer = openSafetensorsWriter(path, specs, metadata);
  try {
    for (const [name, { data }] of Object.entries(tensors)) writer.write(name, data);
    return writer.finish();
  } finally {
    writer.abort();
  }
}
