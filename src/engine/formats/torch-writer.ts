/** Writing state dicts as torch.save does, in the ZIP form; `torch.load(path, weights_only=True)` reads them. */
import { pickleBytes, pickledCall, pickledDict, pickledFalse, pickledGlobal, pickledInteger, pickledPersistent, pickledString, pickledTuple } from './pickle-writer.ts';
import type { Pickled } from './pickle-writer.ts';
import { writeZip } from './zip-writer.ts';
import type { ZipPart } from './zip-writer.ts';

/** A tensor: float32, int32 or int64 by its array; `shape` [] for a scalar. */
export interface TorchTensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** What a state dict may hold beside tensors. */
export type TorchValue = TorchTensorData | string | number | { readonly [key: string]: TorchValue };

const archive = 'archive';

function storageName(data: TorchTensorData['data']): string {
  if (data instanceof Float32Array) return 'FloatStorage';
  return data instanceof Int32Array ? 'IntStorage' : 'LongStorage';
}

function isTensor(value: object): value is TorchTensorData {
  return 'data' in value && ArrayBuffer.isView(value.data);
}

/** torch._utils._rebuild_tensor_v2(storage, 0, shape, stride, False, OrderedDict()). */
function pickledTensor({ shape, data }: TorchTensorData, key: string): Pickled {
  const id = [pickledString('storage'), pickledGlobal('torch', storageName(data)), pickledString(key), pickledString('cpu'), pickledInteger(data.length)];
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const hooks = pickledCall(pickledGlobal('collections', 'OrderedDict'), []);
  return pickledCall(pickledGlobal('torch._utils', '_rebuild_tensor_v2'), [
    pickledPersistent(pickledTuple(id)), pickledInteger(0), pickledTuple(shape.map(pickledInteger)), pickledTuple(strides.map(pickledInteger)), pickledFalse, hooks,
  ]);
}

function pickled(value: TorchValue, parts: ZipPart[]): Pickled {
  if (typeof value === 'string') return pickledString(value);
  if (typeof value === 'number') return pickledInteger(value);
  if (!isTensor(value)) return pickledDict(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pickled(item, parts)])));
  const key = String(parts.length);
  parts.push({ name: `${archive}/data/${key}`, data: new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength) });
  return pickledTensor(value, key);
}

/** Writes a state dict, whole or not at all. Kind unsupported above 4 GB. */
export function writeTorch(path: string, values: Readonly<Record<string, TorchValue>>): void {
  const parts: ZipPart[] = [];
  const pickle = pickleBytes(pickled(values, parts));
  writeZip(path, [
    { name: `${archive}/data.pkl`, data: pickle },
    { name: `${archive}/byteorder`, data: Buffer.from('little') },
    ...parts,
    { name: `${archive}/version`, data: Buffer.from('3\n') },
  ]);
}
