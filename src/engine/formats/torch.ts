/**
 * Reading what torch.save wrote (`.pt`, `.pth`; the ZIP form of torch 1.6 and later): tensors and plain values, and nothing else.
 *
 * The pickle inside is read by the restricted machine of pickle.ts, which knows the names below. A tensor is a view into a storage, which is
 * a member of the archive: place, shape and strides must lie inside it, and it may not be larger than it, so that no file can ask for
 * more memory than it weighs.
 */
import { closeSync, fstatSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import { transpose } from '../sae/weights.ts';
import { decodeBfloat16, decodeFloat16 } from './float16.ts';
import { PickleDict, PickleTuple, readPickle } from './pickle.ts';
import type { PickleGlobal } from './pickle.ts';
import { openToRead, readExactly } from './safetensors.ts';
import type { TensorSource } from './tensor-source.ts';
import { openZip } from './zip.ts';
import type { ZipArchive } from './zip.ts';

type Decoder = (bytes: ArrayBuffer) => Float32Array<ArrayBuffer>;

/** The storage classes of torch: bytes an element, and how they become float32. */
const storages: Readonly<Record<string, { readonly width: number; readonly decode: Decoder }>> = {
  FloatStorage: { width: 4, decode: (b) => new Float32Array(b) },
  DoubleStorage: { width: 8, decode: (b) => new Float32Array(new Float64Array(b)) },
  HalfStorage: { width: 2, decode: (b) => decodeFloat16(new Uint16Array(b)) as Float32Array<ArrayBuffer> },
  BFloat16Storage: { width: 2, decode: (b) => decodeBfloat16(new Uint16Array(b)) as Float32Array<ArrayBuffer> },
  LongStorage: { width: 8, decode: (b) => Float32Array.from(new BigInt64Array(b), Number) },
  IntStorage: { width: 4, decode: (b) => new Float32Array(new Int32Array(b)) },
  ShortStorage: { width: 2, decode: (b) => new Float32Array(new Int16Array(b)) },
  CharStorage: { width: 1, decode: (b) => new Float32Array(new Int8Array(b)) },
  ByteStorage: { width: 1, decode: (b) => new Float32Array(new Uint8Array(b)) },
  BoolStorage: { width: 1, decode: (b) => new Float32Array(new Uint8Array(b)) },
};

/** Data types may be named, in a config beside the weights; they mean nothing here. */
const dtypes = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];
const mostDimensions = 8;

class Storage {
  readonly kind: string;
  readonly member: string;
  readonly elements: number;

  constructor(kind: string, member: string, elements: number) {
    this.kind = kind;
    this.member = member;
    this.elements = elements;
  }
}

/** A tensor in the archive. */
export class TorchTensor {
  readonly storage: Storage;
  /** First element in the storage. */
  readonly first: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];

  constructor(storage: Storage, first: number, shape: readonly number[], stride: readonly number[]) {
    this.storage = storage;
    this.first = first;
    this.shape = shape;
    this.stride = stride;
  }
}

/** An open archive that holds a state dict: tensors by name, and beside them strings, numbers and dicts. */
export interface TorchFile extends TensorSource {
  readonly entries: ReadonlyMap<string, TorchTensor>;
  /** What is no tensor, by name. */
  readonly values: ReadonlyMap<string, unknown>;
}

const refuse = (path: string, what: string): LoupeError =>
  new LoupeError('bad-file', `${path} is not a usable torch file: ${what}. Fetch or save it again.`);

const counts = (value: unknown): number[] | null => {
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : null;
  const whole = items?.every((item) => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) === true;
  return whole && items.length <= mostDimensions ? (items as number[]) : null;
};

/** torch._utils._rebuild_tensor_v2(storage, offset, shape, stride, ...). */
function rebuildTensor(args: readonly unknown[], path: string): TorchTensor {
  const [storage, first, size, steps] = args;
  const [shape, stride] = [counts(size), counts(steps)];
  if (!(storage instanceof Storage) || typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0 || shape === null || stride?.length !== shape.length) {
    throw refuse(path, 'a tensor has no valid storage, place, shape and strides');
  }
  let [elements, last] = [1, first];
  for (const [i, length] of shape.entries()) {
    elements *= length;
    last += Math.max(0, length - 1) * stride[i]!;
  }
  const label = `a tensor [${shape.join(', ')}] with strides [${stride.join(', ')}] from ${first}`;
  if (elements > 0 && !(last < storage.elements)) throw refuse(path, `${label} reaches beyond its storage of ${storage.elements} elements`);
  if (elements > storage.elements) throw refuse(path, `${label} repeats its storage of ${storage.elements} elements; save its contiguous() form`);
  return new TorchTensor(storage, first, shape, stride);
}

/** ('storage', torch.FloatStorage, '0', 'cpu', 24): the member data/0 with 24 elements. */
function storageOf(id: unknown, zip: ZipArchive, prefix: string): Storage {
  const [what, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
  const kind = String((type as Partial<PickleGlobal> | null | undefined)?.name).replace('torch.', '');
  if (what !== 'storage' || !Object.hasOwn(storages, kind) || typeof key !== 'string' || typeof elements !== 'number') throw refuse(zip.path, 'it asks for something that is no storage of torch');
  const member = zip.members.get(`${prefix}/data/${key}`);
  if (member === undefined) throw refuse(zip.path, `its storage ${JSON.stringify(key)} is missing`);
  if (!Number.isSafeInteger(elements) || elements * storages[kind]!.width !== member.size) {
    throw refuse(zip.path, `storage ${JSON.stringify(key)} should hold ${elements} elements of ${storages[kind]!.width} bytes, and has ${member.size} bytes`);
  }
  return new Storage(kind, member.name, elements);
}

function knownGlobals(path: string): ReadonlyMap<string, PickleGlobal> {
  const known: PickleGlobal[] = [
    { name: 'torch._utils._rebuild_tensor_v2', call: (args) => rebuildTensor(args, path) },
    { name: 'torch._utils._rebuild_parameter', call: ([tensor]) => tensor },
    { name: 'collections.OrderedDict', call: () => new PickleDict() },
    { name: 'torch.Size', call: ([size]) => new PickleTuple(Array.isArray(size) ? size : size instanceof PickleTuple ? size.items : []) },
    ...Object.keys(storages).map((name) => ({ name: `torch.${name}` })),
    ...dtypes.map((name) => ({ name: `torch.${name}` })),
  ];
  return new Map(known.map((one) => [one.name, one]));
}

/** The folder inside the archive: that of data.pkl. */
function prefixOf(zip: ZipArchive): string {
  const pickles = [...zip.members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length === 1) return pickles[0]!.slice(0, -'/data.pkl'.length);
  const script = [...zip.members.keys()].some((name) => name.includes('/code/'));
  throw refuse(zip.path, script ? 'it is a TorchScript program; save the state dict with torch.save' : `it has ${pickles.length} data.pkl where there must be one`);
}

/** Values by name out of a (nested) dict. `{'state_dict': {...}}` and the like are looked through. */
function flatten(root: unknown, path: string): { readonly entries: Map<string, TorchTensor>; readonly values: Map<string, unknown> } {
  if (!(root instanceof PickleDict)) throw refuse(path, 'it holds no state dict');
  const pairs = [...root.entries].filter((pair): pair is [string, unknown] => typeof pair[0] === 'string');
  const tensors = pairs.filter((pair): pair is [string, TorchTensor] => pair[1] instanceof TorchTensor);
  const inner = pairs.find(([key, value]) => ['state_dict', 'model_state_dict', 'model'].includes(key) && value instanceof PickleDict && value !== root);
  if (tensors.length > 0 || inner === undefined) return { entries: new Map(tensors), values: new Map(pairs.filter(([, value]) => !(value instanceof TorchTensor))) };
  const [, dict] = inner as [string, PickleDict];
  const found = [...dict.entries].filter((pair): pair is [string, TorchTensor] => typeof pair[0] === 'string' && pair[1] instanceof TorchTensor);
  return { entries: new Map(found), values: new Map(pairs.filter((pair) => pair !== inner)) };
}

function readTensor(zip: ZipArchive, { storage, first, shape, stride }: TorchTensor): Float32Array<ArrayBuffer> {
  const all = storages[storage.kind]!.decode(zip.read(storage.member).buffer);
  const elements = shape.reduce((a, b) => a * b, 1);
  if (isContiguous(shape, stride)) return first === 0 && elements === all.length ? all : all.slice(first, first + elements);
  const [rows, columns] = shape as [number, number];
  if (shape.length === 2 && stride[0] === 1 && stride[1] === rows) return transpose(all.subarray(first, first + elements), columns, rows);
  const out = new Float32Array(elements);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = first; i < elements; i++) {
    out[i] = all[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Files from before torch 1.6, and bare pickles, are no archives: they begin with a pickle. */
function refuseBarePickle(path: string): void {
  const fd = openToRead(path);
  try {
    if (fstatSync(fd).size === 0 || readExactly(fd, 0, 1, path)[0] !== 0x80) return;
  } finally {
    closeSync(fd);
  }
  throw new LoupeError('unsupported', `${path} is a bare pickle (torch before 1.6, or no torch file at all). It was not run. If you trust it, load it with torch.load(weights_only=True) and save it again.`);
}

/** The names in a torch file's pickle are judged, and its tensors checked; no tensor is read yet. Kinds: not-found, bad-file, unsupported. */
export function openTorch(path: string): TorchFile {
  refuseBarePickle(path);
  const zip = openZip(path);
  try {
    const prefix = prefixOf(zip);
    const order = zip.members.has(`${prefix}/byteorder`) ? Buffer.from(zip.read(`${prefix}/byteorder`)).toString('latin1') : 'little';
    if (order !== 'little') throw new LoupeError('unsupported', `${path} was written on a big-endian machine. Load it with torch and save it on another.`);
    const known = knownGlobals(path);
    const root = readPickle(zip.read(`${prefix}/data.pkl`), { global: (name) => known.get(name), persistent: (id) => storageOf(id, zip, prefix) }, path);
    const { entries, values } = flatten(root, path);
    const read = (name: string): Float32Array<ArrayBuffer> => {
      const tensor = entries.get(name);
      if (tensor === undefined) throw new LoupeError('not-found', `${path} has no tensor ${name}.`);
      return readTensor(zip, tensor);
    };
    return { path, entries, values, readFloat32: read, close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}
