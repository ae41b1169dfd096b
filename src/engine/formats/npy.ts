/** NumPy's `.npy` files, versions 1 to 3, read by slices (NumPy Enhancement Proposal 1). The header is not believed. */
import { closeSync, fstatSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import { decodeFloat16 } from './float16.ts';
import { openToRead, readExactly } from './safetensors.ts';

const arrays = { '<f4': Float32Array, '<f8': Float64Array, '<f2': Uint16Array, '<i4': Int32Array, '<i8': BigInt64Array } as const;
type NpyDtype = keyof typeof arrays;

export interface NpyFile {
  readonly path: string;
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  /** float32 [count] from element `first` of the flattened array; of a float array. */
  readFloat32(first: number, count: number): Float32Array;
  /** int32 [count] from element `first`; of an integer array. Kind bad-file when a value does not fit. */
  readInt32(first: number, count: number): Int32Array;
  close(): void;
}

function broken(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is not a usable .npy file: ${what}. Save the array again with numpy.save.`);
}

/** What the header's Python dictionary says. Only the form that NumPy itself writes is taken. */
export function parseNpyHeader(text: string, path: string): { readonly dtype: NpyDtype; readonly shape: readonly number[] } {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || dims === undefined) throw broken(path, 'its header lacks descr, fortran_order or shape');
  if (!Object.hasOwn(arrays, descr)) {
    throw new LoupeError('unsupported', `${path} holds ${descr}; Loupe reads float32, float64, float16, int32 and int64 in little-endian order. Convert it with astype.`);
  }
  if (order === 'True') throw new LoupeError('unsupported', `${path} is stored by columns. Save numpy.ascontiguousarray of it.`);
  const shape = dims.split(',').map((dim) => dim.trim()).filter((dim) => dim !== '').map(Number);
  if (!shape.every((dim) => Number.isSafeInteger(dim))) throw broken(path, `its shape is (${dims})`);
  return { dtype: descr as NpyDtype, shape };
}

interface NpyHeader {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

/** The header of an array of `size` bytes; `read` gives bytes by position and length. */
function readHeader(read: (position: number, length: number) => Uint8Array, size: number, path: string): NpyHeader {
  const head = read(0, Math.min(size, 12));
  if (head.byteLength < 10 || head[0] !== 0x93 || Buffer.from(head.subarray(1, 6)).toString() !== 'NUMPY') throw broken(path, 'it does not begin like one');
  const view = new DataView(head.buffer, head.byteOffset);
  const wide = head[6]! > 1;
  if (head[6]! < 1 || head[6]! > 3 || (wide && size < 12)) throw broken(path, `its version is ${head[6]}`);
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > Math.min(size - start, 1 << 20)) throw broken(path, `its header claims ${length} bytes and the file has ${size}`);
  const parsed = parseNpyHeader(Buffer.from(read(start, length)).toString('latin1'), path);
  const bytes = parsed.shape.reduce((a, b) => a * b, 1) * arrays[parsed.dtype].BYTES_PER_ELEMENT;
  if (bytes !== size - start - length) throw broken(path, `its shape (${parsed.shape.join(', ')}) needs ${bytes} bytes of data and there are ${size - start - length}`);
  return { ...parsed, dataStart: start + length };
}

/** An array out of the bytes of a `.npy` file, float32. `path` is what errors call it. Kinds: bad-file, unsupported, mismatch. */
export function parseNpy(bytes: Uint8Array<ArrayBuffer>, path: string): { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> } {
  const { dtype, shape, dataStart } = readHeader((position, length) => bytes.subarray(position, position + length), bytes.byteLength, path);
  return { shape, data: floats(dtype, bytes.slice(dataStart).buffer, path) as Float32Array<ArrayBuffer> };
}

/** The bytes of a `.npy` file, version 1, of float32 values in row-major order. */
export function npyFile(shape: readonly number[], data: Float32Array): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`, 'latin1');
  header.writeUInt16LE(header.length - 10, 8);
  return Buffer.concat([header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Opens the file and checks its header. Kinds: not-found, bad-file, unsupported. */
export function openNpy(path: string): NpyFile {
  const fd = openToRead(path);
  try {
    const { dtype, shape, dataStart } = readHeader((position, length) => readExactly(fd, position, length, path), fstatSync(fd).size, path);
    const width = arrays[dtype].BYTES_PER_ELEMENT;
    const bytes = (first: number, count: number): ArrayBuffer => readExactly(fd, dataStart + first * width, count * width, path).buffer;
    return {
      path, dtype, shape,
      readFloat32: (first, count) => floats(dtype, bytes(first, count), path),
      readInt32: (first, count) => integers(dtype, bytes(first, count), path),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function floats(dtype: NpyDtype, buffer: ArrayBuffer, path: string): Float32Array {
  if (dtype === '<f4') return new Float32Array(buffer);
  if (dtype === '<f2') return decodeFloat16(new Uint16Array(buffer));
  if (dtype === '<f8') return new Float32Array(new Float64Array(buffer));
  throw new LoupeError('mismatch', `${path} holds integers (${dtype}), and activations are wanted.`);
}

function integers(dtype: NpyDtype, buffer: ArrayBuffer, path: string): Int32Array {
  if (dtype === '<i4') return new Int32Array(buffer);
  if (dtype !== '<i8') throw new LoupeError('mismatch', `${path} holds ${dtype}, and token ids (integers) are wanted.`);
  const wide = new BigInt64Array(buffer);
  const out = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    out[i] = Number(wide[i]);
    if (BigInt(out[i]!) !== wide[i]) throw broken(path, `a token id is ${wide[i]}`);
  }
  return out;
}
