/**
 * A forward reader over the head of a GGUF file. Every count and length is held against what is left of the real file
 * before anything is allocated, so a file of a few bytes that claims terabytes costs nothing.
 */
import { LoupeError } from '../../shared/errors.ts';
import { readExactly } from './safetensors.ts';

/** The value types of GGUF metadata, by number. */
const scalarTypes = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'string', 'array', 'u64', 'i64', 'f64'] as const;
type ValueType = (typeof scalarTypes)[number];
const widths: Readonly<Record<ValueType, number>> = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, string: 8, array: 12, u64: 8, i64: 8, f64: 8 };

export type GgufValue = string | number | boolean | readonly GgufValue[];

const windowBytes = 1 << 20;
const maxNesting = 4;

export class GgufCursor {
  readonly path: string;
  readonly fileBytes: number;
  readonly #fd: number;
  #window = new Uint8Array(0);
  #view = new DataView(this.#window.buffer);
  #windowStart = 0;
  #at = 0;

  constructor(fd: number, fileBytes: number, path: string) {
    this.#fd = fd;
    this.fileBytes = fileBytes;
    this.path = path;
  }

  get position(): number {
    return this.#at;
  }

  /** The error for a file that contradicts itself. */
  broken(what: string): LoupeError {
    return new LoupeError('bad-file', `${this.path} is not a usable GGUF file: ${what}. Fetch it again.`);
  }

  /** Makes `length` bytes at the position readable and steps over them; returns their offset in the window. */
  #take(length: number, what: string): number {
    if (length > this.fileBytes - this.#at) {
      throw this.broken(`${what} at byte ${this.#at} needs ${length} bytes and ${this.fileBytes - this.#at} are left`);
    }
    if (this.#at + length > this.#windowStart + this.#window.byteLength) {
      this.#window = readExactly(this.#fd, this.#at, Math.min(Math.max(length, windowBytes), this.fileBytes - this.#at), this.path);
      this.#view = new DataView(this.#window.buffer);
      this.#windowStart = this.#at;
    }
    this.#at += length;
    return this.#at - length - this.#windowStart;
  }

  u32(what: string): number {
    const at = this.#take(4, what);
    return this.#view.getUint32(at, true);
  }

  /** A 64-bit count of things of at least `minBytes` each, or a plain size when that is 0. */
  count(what: string, minBytes: number): number {
    const at = this.#take(8, what);
    const value = this.#view.getBigUint64(at, true);
    const limit = minBytes === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((this.fileBytes - this.#at) / minBytes);
    if (value > BigInt(limit)) throw this.broken(`it claims ${value} as ${what}, more than a file of ${this.fileBytes} bytes can hold`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.count(`the length of ${what}`, 1);
    const at = this.#take(length, what);
    return Buffer.from(this.#window.buffer, at, length).toString('utf8');
  }

  /** A metadata value: its type's number, then itself. */
  value(what: string): GgufValue {
    return this.#valueOf(this.#type(what), what, 0);
  }

  #type(what: string): ValueType {
    const number = this.u32(`the type of ${what}`);
    const type = scalarTypes[number];
    if (type === undefined) throw this.broken(`${what} has the unknown value type ${number}`);
    return type;
  }

  #valueOf(type: ValueType, what: string, depth: number): GgufValue {
    if (type === 'string') return this.string(what);
    if (type !== 'array') return this.#scalar(type, what);
    if (depth >= maxNesting) throw this.broken(`${what} is nested deeper than ${maxNesting} arrays`);
    const itemType = this.#type(what);
    const length = this.count(`the length of ${what}`, widths[itemType]);
    const items: GgufValue[] = [];
    for (let i = 0; i < length; i++) items.push(this.#valueOf(itemType, what, depth + 1));
    return items;
  }

  #scalar(type: Exclude<ValueType, 'string' | 'array'>, what: string): GgufValue {
    const at = this.#take(widths[type], what);
    const view = this.#view;
    switch (type) {
      case 'u8': return view.getUint8(at);
      case 'i8': return view.getInt8(at);
      case 'u16': return view.getUint16(at, true);
      case 'i16': return view.getInt16(at, true);
      case 'u32': return view.getUint32(at, true);
      case 'i32': return view.getInt32(at, true);
      case 'f32': return view.getFloat32(at, true);
      case 'bool': return view.getUint8(at) !== 0;
      case 'u64': return Number(view.getBigUint64(at, true));
      case 'i64': return Number(view.getBigInt64(at, true));
      case 'f64': return view.getFloat64(at, true);
    }
  }
}
