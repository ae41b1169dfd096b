/** From a file's tensors to a model's: shapes checked, NaN refused, one at a time so that little is in memory twice. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { openGguf } from '../formats/gguf.ts';
import { openSafetensorsFolder, type SafetensorsFile } from '../formats/safetensors.ts';
import type { Linear, LinearPart, Norm, WeightLoader, WeightSource } from './definition.ts';

/** The tensors of a Hugging Face folder. */
export function huggingFaceSource(folder: string): WeightSource {
  const file = openSafetensorsFolder(folder);
  return {
    format: 'hugging-face', path: folder,
    shapes: new Map([...file.entries].map(([name, entry]) => [name, entry.shape])),
    read: (name, out) => readSlices(file, name, out),
    dtype: (name) => file.entries.get(name)!.dtype,
    bytes: (name) => pieces(file.entries.get(name)!.elements, (first, count) => file.readBytes(name, first, count)),
    close: () => file.close(),
  };
}

/** The tensors of a GGUF file. */
export function ggufSource(path: string): WeightSource {
  const file = openGguf(path);
  return {
    format: 'gguf', path,
    shapes: new Map([...file.tensors].map(([name, tensor]) => [name, tensor.shape])),
    read: (name, out) => void file.readFloat32(name, out),
    dtype: (name) => file.tensors.get(name)!.type.name,
    bytes: (name) => pieces(file.tensors.get(name)!.bytes, (first, count) => file.readBytes(name, first, count)),
    close: () => file.close(),
  };
}

/** Reads in pieces of 4 MB, so that little but `out` is in memory. */
function readSlices(file: SafetensorsFile, name: string, out: Float32Array): void {
  const piece = 1 << 20;
  for (let first = 0; first < out.length; first += piece) out.set(file.readFloat32(name, first, Math.min(piece, out.length - first)), first);
}

function* pieces(total: number, read: (first: number, count: number) => Uint8Array): Iterable<Uint8Array> {
  const piece = 1 << 20;
  for (let first = 0; first < total; first += piece) yield read(first, Math.min(piece, total - first));
}

/** Kind not-finite, naming the tensor and the place, when values float32 [n] hold NaN or infinity. */
export function refuseNotFinite(values: Float32Array, name: string, path: string): void {
  for (let i = 0; i < values.length; i++) {
    // x - x is 0 for every finite x, and NaN otherwise.
    if (values[i]! - values[i]! !== 0) {
      throw new LoupeError('not-finite', `${path}: ${name}[${i}] is ${values[i]}. The weights are damaged; fetch or save the model again.`);
    }
  }
}

/** Makes the tensorflow backend, which copies on first use, take its copy now, so that the array can be used again. */
function upload(x: Tensor): Tensor {
  tf.tidy(() => void tf.slice(x, x.shape.map(() => 0), x.shape.map(() => 1)));
  return x;
}

/** Up to 32 MB an array is used again; a larger one (an embedding) is left to the collector, which would else keep it to the end. */
const scratchFloats = 1 << 23;

export class Loader implements WeightLoader {
  readonly format: WeightSource['format'];
  readonly #source: WeightSource;
  readonly #made: Tensor[] = [];
  /**
   * Other backends keep the array they are given. tensorflow shares its memory where that is aligned to 64 bytes and copies
   * otherwise: arrays that begin one float behind an ArrayBuffer's start are never aligned, so one array serves every tensor.
   */
  readonly #copies = tf.getBackend() === 'tensorflow';
  #scratch = new Float32Array(0);

  constructor(source: WeightSource) {
    this.#source = source;
    this.format = source.format;
  }

  has(name: string): boolean {
    return this.#source.shapes.has(name);
  }

  /** Tensors made so far, to be disposed when loading fails half-way. */
  get made(): readonly Tensor[] {
    return this.#made;
  }

  matrix(name: string, shape: readonly [number, number]): Tensor2D {
    return this.#whole(name, shape) as Tensor2D;
  }

  tensor(name: string, shape: readonly number[]): Tensor {
    return this.#whole(name, shape);
  }

  vector(name: string, length: number): Float32Array {
    const values = new Float32Array(length);
    this.#fill(name, [length], values);
    return values;
  }

  norm(weight: string, bias: string | null, width: number, offset = 0): Norm {
    return { weight: this.#whole(weight, [width], offset) as Tensor1D, bias: bias === null ? null : (this.#whole(bias, [width]) as Tensor1D) };
  }

  linear(input: number, layout: Linear['layout'], parts: readonly LinearPart[]): Linear {
    const total = parts.reduce((sum, part) => sum + part.outputs, 0);
    if (layout === 'in-out' && parts.length > 1) throw new LoupeError('defect', 'in-out maps are not joined');
    const shapeOf = ({ outputs }: LinearPart): number[] => (layout === 'out-in' ? [outputs, input] : [input, outputs]);
    parts.forEach((part) => this.#check(part.weight, shapeOf(part)));
    const joined = this.#room(total * input);
    let at = 0;
    for (const part of parts) {
      const own = joined.subarray(at, (at += part.outputs * input));
      this.#fill(part.weight, shapeOf(part), own);
      part.rows?.(own);
    }
    const weight = this.#tensor(joined, layout === 'out-in' ? [total, input] : [input, total]) as Tensor2D;
    return { weight, layout, bias: this.#bias(parts, total) };
  }

  #bias(parts: readonly LinearPart[], total: number): Tensor1D | null {
    if (parts.every((part) => part.bias === null || !this.has(part.bias))) return null;
    const joined = new Float32Array(total);
    let at = 0;
    for (const part of parts) {
      const own = joined.subarray(at, (at += part.outputs));
      if (part.bias === null || !this.has(part.bias)) continue;
      this.#fill(part.bias, [part.outputs], own);
      part.rows?.(own);
    }
    return this.#tensor(joined, [total]) as Tensor1D;
  }

  #whole(name: string, shape: readonly number[], offset = 0): Tensor {
    this.#check(name, shape);
    const values = this.#room(shape.reduce((a, b) => a * b, 1));
    this.#fill(name, shape, values);
    if (offset !== 0) values.forEach((value, i) => (values[i] = value + offset));
    return this.#tensor(values, shape);
  }

  /** Room for `length` numbers; what a call before gave is overwritten on a backend that copies. */
  #room(length: number): Float32Array<ArrayBuffer> {
    if (!this.#copies || length > scratchFloats) return new Float32Array(length);
    if (this.#scratch.length < length + 1) this.#scratch = new Float32Array(length + 1);
    return this.#scratch.subarray(1, length + 1);
  }

  /** The file must have the tensor in this shape: only then is memory asked for. Kinds: bad-file, mismatch. */
  #check(name: string, shape: readonly number[]): void {
    const actual = this.#source.shapes.get(name);
    if (actual === undefined) {
      const near = nearestName(name, this.#source.shapes.keys());
      throw new LoupeError('bad-file', `${this.#source.path} lacks the tensor ${name}${near === undefined ? '' : `; the nearest is ${near}`}. It is not a whole model of this family.`);
    }
    if (actual.join() !== shape.join()) {
      throw new LoupeError('mismatch', `${this.#source.path}: ${name} has the shape [${actual.join(', ')}], and the config makes it [${shape.join(', ')}].`);
    }
  }

  #fill(name: string, shape: readonly number[], out: Float32Array<ArrayBuffer>): void {
    this.#check(name, shape);
    this.#source.read(name, out);
    refuseNotFinite(out, name, this.#source.path);
  }

  #tensor(values: Float32Array, shape: readonly number[]): Tensor {
    const tensor = tf.tensor(values, [...shape], 'float32');
    this.#made.push(tensor);
    return this.#copies ? upload(tensor) : tensor;
  }
}
