/**
 * Values as bytes, for sockets and pipes: one JSON header, then the data of its tensors as it lies in memory.
 *
 *     u32 header length | header JSON {body, tensors} | padding to 8 | data | padding to 8 | data ...
 *
 * In the body a tensor is `{"$tensor": i}`; an object of the user's own that has such a key is wrapped in `{"$literal": ...}`.
 * Little-endian, as is every platform that Loupe runs on. Bytes from outside are hostile: each length is checked against the
 * frame before it is used, and nothing larger than the frame is allocated.
 */
import { z } from 'zod';
import { LoupeError } from './errors.ts';
import { errorBodySchema } from './schema/job.ts';
import { dtypes, isWireTensor } from './schema/tensor.ts';
import type { TypedArray, WireTensor } from './schema/tensor.ts';

const maxDepth = 64;
const aligned = (n: number): number => Math.ceil(n / 8) * 8;

function isTensor(value: object): value is WireTensor {
  return 'data' in value && ArrayBuffer.isView(value.data) && isWireTensor(value);
}

/** The JSON form of `value`; its tensors are put on `found`. */
function flatten(value: unknown, found: WireTensor[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => flatten(item, found));
  if (isTensor(value)) return { $tensor: found.push(value) - 1 };
  if (ArrayBuffer.isView(value)) throw new LoupeError('defect', 'a typed array crosses only as the data of a tensor');
  const plain = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flatten(item, found)]));
  return '$tensor' in plain || '$literal' in plain ? { $literal: plain } : plain;
}

/** `value` (JSON-able but for its tensors) as one frame. Numbers that are not finite become null, as in JSON. */
export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const tensors: WireTensor[] = [];
  const body = flatten(value, tensors);
  const described = tensors.map(({ dtype, shape }) => ({ dtype, shape }));
  const header = new TextEncoder().encode(JSON.stringify({ body: body ?? null, tensors: described }));
  const total = tensors.reduce((sum, { data }) => sum + aligned(data.byteLength), aligned(4 + header.length));
  const frame = new Uint8Array(total);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, 4);
  let offset = aligned(4 + header.length);
  for (const { data } of tensors) {
    frame.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += aligned(data.byteLength);
  }
  return frame;
}

type Described = Pick<WireTensor, 'dtype' | 'shape'>;

interface Header {
  readonly body: unknown;
  readonly tensors: readonly Described[];
}

const mostTensors = 10_000;
const mostDimensions = 16;

function isDescribed(value: unknown): value is Described {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { dtype, shape } = value as Partial<Described>;
  return typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) && Array.isArray(shape) && shape.length <= mostDimensions && shape.every((n) => Number.isInteger(n) && n >= 0);
}

/** By hand: an answer has hundreds of tensors, and the schema library takes milliseconds over them where no code may be generated. */
function isHeader(value: unknown): value is Header {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'body') || Object.keys(value).length !== 2) return false;
  const { tensors } = value as Partial<Header>;
  return Array.isArray(tensors) && tensors.length <= mostTensors && tensors.every(isDescribed);
}

function bad(what: string): LoupeError {
  return new LoupeError('bad-request', `broken frame: ${what}`);
}

function parseHeader(frame: Uint8Array): { header: Header; end: number } {
  if (frame.byteLength < 4) throw bad(`${frame.byteLength} bytes`);
  const length = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true);
  if (length > frame.byteLength - 4) throw bad(`its header claims ${length} bytes of ${frame.byteLength}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + length)));
  } catch {
    throw bad('its header is not JSON');
  }
  if (!isHeader(json)) throw bad('its header is not {body, tensors}');
  return { header: json, end: aligned(4 + length) };
}

function readTensors(frame: Uint8Array, offset: number, described: readonly Described[]): WireTensor[] {
  return described.map(({ dtype, shape }) => {
    const type = dtypes[dtype];
    const count = shape.reduce((a, b) => a * b, 1);
    const bytes = count * type.BYTES_PER_ELEMENT;
    if (!Number.isSafeInteger(count) || bytes > frame.byteLength - offset) throw bad(`a ${dtype} tensor [${shape.join(', ')}] does not fit in it`);
    // A copy: the frame may lie at any offset of a buffer that is used again. (`slice` would not do: Node's Buffer gives a view.)
    const data = new type(count) as TypedArray;
    new Uint8Array(data.buffer).set(frame.subarray(offset, offset + bytes));
    offset += aligned(bytes);
    return { dtype, shape, data };
  });
}

function restore(value: unknown, tensors: readonly WireTensor[], depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw bad(`nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) return value.map((item) => restore(item, tensors, depth + 1));
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === '$tensor') {
    const index = (value as { $tensor: unknown }).$tensor;
    const tensor = typeof index === 'number' ? tensors[index] : undefined;
    if (tensor === undefined) throw bad('it names a tensor that it does not hold');
    return tensor;
  }
  const inner = keys.length === 1 && keys[0] === '$literal' ? (value as { $literal: unknown }).$literal : value;
  if (typeof inner !== 'object' || inner === null) throw bad('a literal is not an object');
  return Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, restore(item, tensors, depth + 1)]));
}

/** The inverse of `encodeFrame`. Kind bad-request for anything that it did not write. */
export function decodeFrame(frame: Uint8Array): unknown {
  const { header, end } = parseHeader(frame);
  return restore(header.body, readTensors(frame, end, header.tensors), 0);
}

const id = z.number().int().nonnegative();

/** From the studio to its host over a socket. `name` and `input` are checked against the contract by the host. */
export const clientMessageSchema = z.strictObject({ type: z.literal('invoke'), id, name: z.string().max(100), input: z.unknown() });

/** From the host to the studio. */
export const hostMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('result'), id, output: z.unknown() }),
  /** `id` is null when the request could not be read. */
  z.strictObject({ type: z.literal('error'), id: id.nullable(), error: errorBodySchema }),
  z.strictObject({ type: z.literal('event'), name: z.string(), payload: z.unknown() }),
]);

export type ClientMessage = z.infer<typeof clientMessageSchema>;
export type HostMessage = z.infer<typeof hostMessageSchema>;

/** Where the loopback host answers WebSocket requests. */
export const contractPath = '/contract';

/**
 * The sub-protocols a studio names when it connects: `new WebSocket('ws://' + location.host + contractPath, connectionProtocols(token))`.
 * The token travels here because a browser can set no header, and an address would end up in logs and histories.
 */
export function connectionProtocols(token: string): string[] {
  return ['loupe', `loupe-token.${token}`];
}
