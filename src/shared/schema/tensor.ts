/** Tensors as they cross a process or a socket: typed array, shape and dtype. Nested number arrays are never used for this. */
import { z } from 'zod';

export const dtypes = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, uint32: Uint32Array, float64: Float64Array } as const;
export type Dtype = keyof typeof dtypes;
export type TypedArray = Float32Array | Int32Array | Uint8Array | Uint32Array | Float64Array;

export interface WireTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export function isWireTensor(value: unknown): value is WireTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data } = value as Partial<WireTensor>;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype) || !Array.isArray(shape)) return false;
  if (!shape.every((n) => Number.isInteger(n) && n >= 0)) return false;
  return data instanceof dtypes[dtype] && data.length === shape.reduce((a: number, b: number) => a * b, 1);
}

export const tensorSchema = z.custom<WireTensor>(isWireTensor, 'expected a tensor {dtype, shape, data} whose data fits its shape');

/** A one-dimensional tensor of the array's own dtype. */
export function vector(data: TypedArray, shape: readonly number[] = [data.length]): WireTensor {
  const dtype = (Object.keys(dtypes) as Dtype[]).find((name) => data instanceof dtypes[name])!;
  return { dtype, shape, data };
}
