/**
 * A restricted reader of Python pickles (protocols 2 to 5): plain values, and what a `PickleHost` answers for. Nothing is ever run.
 *
 * A pickle is a program. This machine knows the instructions that build dicts, lists, tuples, numbers and strings, passes names of Python
 * globals to the host, which knows a short list, and refuses every other instruction and name by its name. The number of instructions,
 * the size of the program and the height of the stack are bounded.
 */
import { LoupeError } from '../../shared/errors.ts';

/** A Python tuple; a Python list is an array. */
export class PickleTuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A Python dict, or an OrderedDict. */
export class PickleDict {
  readonly entries = new Map<unknown, unknown>();
}

/** Something that a pickle may name, and what calling it gives. */
export interface PickleGlobal {
  readonly name: string;
  readonly call?: (args: readonly unknown[]) => unknown;
}

export interface PickleHost {
  /** The global of this full name, or undefined: then the pickle is refused. */
  readonly global: (name: string) => PickleGlobal | undefined;
  /** What a persistent id stands for. */
  readonly persistent: (id: unknown) => unknown;
}

const mostBytes = 4 << 20;
const mostInstructions = 500_000;
const mostStack = 100_000;
/** A place on the stack that a later instruction collects down to. */
const mark = Symbol('mark');

const refusedOpcodes: Readonly<Record<number, string>> = {
  0x30: 'POP', 0x31: 'POP_MARK', 0x32: 'DUP', 0x46: 'FLOAT', 0x49: 'INT', 0x4c: 'LONG', 0x50: 'PERSID', 0x53: 'STRING', 0x54: 'BINSTRING',
  0x55: 'SHORT_BINSTRING', 0x56: 'UNICODE', 0x64: 'DICT', 0x67: 'GET', 0x69: 'INST', 0x6c: 'LIST', 0x6f: 'OBJ', 0x70: 'PUT', 0x81: 'NEWOBJ', 0x82: 'EXT1', 0x83: 'EXT2',
  0x84: 'EXT4', 0x8b: 'LONG4', 0x42: 'BINBYTES', 0x43: 'SHORT_BINBYTES', 0x8d: 'BINUNICODE8', 0x8e: 'BINBYTES8', 0x8f: 'EMPTY_SET', 0x90: 'ADDITEMS',
  0x91: 'FROZENSET', 0x92: 'NEWOBJ_EX', 0x96: 'BYTEARRAY8', 0x97: 'NEXT_BUFFER', 0x98: 'READONLY_BUFFER',
};

class Machine {
  readonly #bytes: Buffer;
  readonly #host: PickleHost;
  readonly #path: string;
  readonly #memo = new Map<number, unknown>();
  readonly #stack: unknown[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, host: PickleHost, path: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#host = host;
    this.#path = path;
  }

  refuse(what: string): LoupeError {
    return new LoupeError('bad-file', `${this.#path}: ${what}. Nothing in it was run. If the file is yours, save a plain state dict again; if not, do not open it in Python.`);
  }

  run(): unknown {
    for (let count = 0; ; count++) {
      if (count > mostInstructions) throw this.refuse(`its pickle has over ${mostInstructions} instructions`);
      const opcode = this.byte();
      if (opcode === 0x2e) return this.pop();
      const instruction = instructions[opcode];
      if (instruction === undefined) throw this.refuse(`its pickle uses the instruction ${refusedOpcodes[opcode] ?? `0x${opcode.toString(16)}`}, which no state dict needs`);
      instruction(this);
    }
  }

  /** Moves over `length` bytes and gives them. */
  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw this.refuse('its pickle is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  word(): number {
    return this.take(4).readUInt32LE();
  }

  text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.take(length));
    } catch (error) {
      throw error instanceof LoupeError ? error : this.refuse('a string in its pickle is no UTF-8');
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.refuse('its pickle is cut off');
    const line = this.text(end - this.#at);
    this.take(1);
    return line;
  }

  push(value: unknown): void {
    if (this.#stack.length >= mostStack) throw this.refuse('its pickle nests too much');
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length === 0) throw this.refuse('its pickle takes more than it put');
    const value = this.#stack.pop();
    if (value === mark) throw this.refuse('its pickle takes a mark for a value');
    return value;
  }

  top(): unknown {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    this.push(mark);
  }

  /** Everything above the last mark, which goes too. */
  popMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.refuse('its pickle collects without a mark');
    const items = this.#stack.slice(start + 1);
    this.#stack.length = start;
    return items;
  }

  remember(key: number = this.#memo.size): void {
    this.#memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw this.refuse(`its pickle recalls number ${key}, which it never kept`);
    this.push(this.#memo.get(key));
  }

  global(module: unknown, name: unknown): void {
    const full = `${String(module)}.${String(name)}`;
    const known = this.#host.global(full);
    if (known === undefined) throw this.refuse(`its pickle names ${JSON.stringify(full).slice(0, 120)}, which is no part of a tensor: it would run code when it is loaded`);
    this.push(known);
  }

  persistent(): void {
    this.push(this.#host.persistent(this.pop()));
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop() as Partial<PickleGlobal> | null;
    if (typeof callee?.call !== 'function' || !(args instanceof PickleTuple)) throw this.refuse('its pickle calls something that cannot be called');
    this.push(callee.call(args.items));
  }

  /** Sets pairs of key and value in the dict below them. */
  setItems(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0) throw this.refuse('its pickle sets items of something that is no dict');
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.refuse('its pickle appends to something that is no list');
    for (const item of items) list.push(item);
  }

  /** The attributes of an OrderedDict (`_metadata` of a state dict) say nothing about tensors: they are dropped. */
  build(): void {
    const state = this.pop();
    if (!(state instanceof PickleDict) || !(this.top() instanceof PickleDict)) throw this.refuse('its pickle sets the state of an object');
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop()).reverse();
    this.push(new PickleTuple(items));
  }
}

/** A little-endian two's complement integer of up to 8 bytes. */
function long(machine: Machine): number {
  const length = machine.byte();
  if (length > 8) throw machine.refuse(`its pickle holds an integer of ${length} bytes`);
  const bytes = machine.take(length);
  const wide = Buffer.alloc(8, length > 0 && bytes[length - 1]! >= 0x80 ? 0xff : 0);
  wide.set(bytes);
  const value = Number(wide.readBigInt64LE());
  if (!Number.isSafeInteger(value)) throw machine.refuse('its pickle holds an integer beyond 2^53');
  return value;
}

const instructions: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (m) => void m.byte(), // PROTO
  0x95: (m) => void m.take(8), // FRAME
  0x28: (m) => m.mark(),
  0x4e: (m) => m.push(null),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  0x4b: (m) => m.push(m.byte()), // BININT1
  0x4d: (m) => m.push(m.take(2).readUInt16LE()), // BININT2
  0x4a: (m) => m.push(m.take(4).readInt32LE()), // BININT
  0x8a: (m) => m.push(long(m)), // LONG1
  0x47: (m) => m.push(m.take(8).readDoubleBE()), // BINFLOAT
  0x58: (m) => m.push(m.text(m.word())), // BINUNICODE
  0x8c: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  0x7d: (m) => m.push(new PickleDict()),
  0x5d: (m) => m.push([]),
  0x29: (m) => m.tuple(0),
  0x85: (m) => m.tuple(1),
  0x86: (m) => m.tuple(2),
  0x87: (m) => m.tuple(3),
  0x74: (m) => m.push(new PickleTuple(m.popMark())), // TUPLE
  0x71: (m) => m.remember(m.byte()), // BINPUT
  0x72: (m) => m.remember(m.word()), // LONG_BINPUT
  0x94: (m) => m.remember(), // MEMOIZE
  0x68: (m) => m.recall(m.byte()), // BINGET
  0x6a: (m) => m.recall(m.word()), // LONG_BINGET
  0x63: (m) => m.global(m.line(), m.line()), // GLOBAL
  0x93: (m) => { // STACK_GLOBAL
    const name = m.pop();
    m.global(m.pop(), name);
  },
  0x51: (m) => m.persistent(), // BINPERSID
  0x52: (m) => m.reduce(),
  0x62: (m) => m.build(),
  0x73: (m) => { // SETITEM
    const value = m.pop();
    m.setItems([m.pop(), value]);
  },
  0x75: (m) => m.setItems(m.popMark()), // SETITEMS
  0x61: (m) => m.append([m.pop()]), // APPEND
  0x65: (m) => m.append(m.popMark()), // APPENDS
};

/**
 * The value that a pickle builds: numbers, strings, booleans, null, arrays (lists), `PickleTuple`, `PickleDict`, and what the host gives.
 * Kind bad-file for everything else; the message names the instruction or the global.
 */
export function readPickle(bytes: Uint8Array, host: PickleHost, path: string): unknown {
  if (bytes.byteLength > mostBytes) throw new LoupeError('bad-file', `${path}: its pickle has ${bytes.byteLength} bytes, and that of a dictionary has a few thousand. Save only the state dict.`);
  return new Machine(bytes, host, path).run();
}
