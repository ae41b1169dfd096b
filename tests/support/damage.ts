/** Ways in which files arrive damaged. */
import { readFileSync, truncateSync, statSync, writeFileSync } from 'node:fs';

/** Cuts the file to a share of its length. */
export function cut(path: string, share: number): void {
  truncateSync(path, Math.floor(statSync(path).size * share));
}

/** Overwrites bytes from `at`; a negative `at` counts from the end. */
export function patch(path: string, at: number, bytes: Uint8Array): void {
  const file = readFileSync(path);
  file.set(bytes, at < 0 ? file.length + at : at);
  writeFileSync(path, file);
}

/** The file's JSON, changed. */
export function editJson(path: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(value);
  writeFileSync(path, JSON.stringify(value));
}

export type HeaderEntry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/** A safetensors file with another header before the same data. */
export function editHeader(path: string, change: (header: Record<string, HeaderEntry>) => void): void {
  const file = readFileSync(path);
  const end = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, end)) as Record<string, HeaderEntry>;
  change(header);
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, file.subarray(end)]));
}

/** Bytes of one little-endian number. */
export function f32(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

export function u64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

/** Overwrites bytes of one tensor of a safetensors file, from its start. */
export function patchTensor(path: string, name: string, bytes: Uint8Array): void {
  const file = readFileSync(path);
  const end = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, end)) as Record<string, HeaderEntry>;
  patch(path, end + header[name]!.data_offsets[0], bytes);
}
