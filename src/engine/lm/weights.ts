/** From a file's tensors to a model's: shapes checked, NaN refused, one at a time so that little is in memory twice. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { openGguf } from '../formats/gguf.ts';
import { openSafetensorsFolder } from '../formats/safetensors.ts';
import type { Linear, LinearPart, Norm, WeightLoader, WeightSource } from './definition.ts';

/** The tensors of a Hugging Face folder. */
export function huggingFaceSource(folder: string): WeightSource {
  const file = openSafetensorsFolder(folder);
  return {
    format: 'hugging-face', path: folder,
    shapes: new Map([...file.entries].map(([name, entry]) => [name, entry.shape])),
    read: (name) => file.readFloat32(name),
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
    read: (name) => file.readFloat32(name),
    dtype: (name) => file.tensors.get(name)!.type.name,
    bytes: (name) => pieces(file.tensors.get(name)!.bytes, (first, count) => file.readBytes(name, first, count)),
    close: () => file.close(),
  };
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

/** Makes the tensorflow backend, which copies on first use, take its copy now, so that the JavaScript one can be collected. */
function upload<T extends Tensor>(x: T): T {
  if (tf.getBackend() === 'tensorflow') tf.tidy(() => void tf.slice(x, x.shape.map(() => 0), x.shape.map(() => 1)));
  return x;
}

export class Loader implements WeightLoader {
  readonly format: WeightSource['format'];
  readonly #source: WeightSource;
  readonly #made: Tensor[] = [];

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
    return this.#tensor(this.#values(name, shape), shape) as Tensor2D;
  }

  vector(name: string, length: number): Float32Array {
    return this.#values(name, [length]);
  }

  norm(weight: string, bias: string | null, width: number): Norm {
    return {
      weight: this.#tensor(this.#values(weight, [width]), [width]) as Tensor1D,
      bias: bias === null ? null : (this.#tensor(this.#values(bias, [width]), [width]) as Tensor1D),
    };
  }

  linear(input: number, layout: Linear['layout'], parts: readonly LinearPart[]): Linear {
    const total = parts.reduce((sum, part) => sum + part.outputs, 0);
    const shape: [number, number] = layout === 'out-in' ? [total, input] : [input, total];
    if (layout === 'in-out' && parts.length > 1) throw new LoupeError('defect', 'in-out maps are not joined');
    return { weight: this.#tensor(this.#joined(input, layout, parts, total), shape) as Tensor2D, layout, bias: this.#bias(parts, total) };
  }

  #joined(input: number, layout: Linear['layout'], parts: readonly LinearPart[], total: number): Float32Array<ArrayBuffer> {
    const pieces = (part: LinearPart): Float32Array<ArrayBuffer> => {
      const values = this.#values(part.weight, layout === 'out-in' ? [part.outputs, input] : [input, part.outputs]);
      return part.rows === undefined ? values : part.rows(values);
    };
    if (parts.length === 1) return pieces(parts[0]!);
    const joined = new Float32Array(total * input);
    let at = 0;
    for (const part of parts) {
      joined.set(pieces(part), at);
      at += part.outputs * input;
    }
    return joined;
  }

  #bias(parts: readonly LinearPart[], total: number): Tensor1D | null {
    if (parts.every((part) => part.bias === null || !this.has(part.bias))) return null;
    const joined = new Float32Array(total);
    let at = 0;
    for (const part of parts) {
      if (part.bias !== null && this.has(part.bias)) {
        const values = this.#values(part.bias, [part.outputs]);
        joined.set(part.rows === undefined ? values : part.rows(values), at);
      }
      at += part.outputs;
    }
    return this.#tensor(joined, [total]) as Tensor1D;
  }

  #values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
    const actual = this.#source.shapes.get(name);
    if (actual === undefined) {
      const near = nearestName(name, this.#source.shapes.keys());
      throw new LoupeError('bad-file', `${this.#source.path} lacks the tensor ${name}${near === undefined ? '' : `; the nearest is ${near}`}. It is not a whole model of this family.`);
    }
    if (actual.join() !== shape.join()) {
      throw new LoupeError('mismatch', `${this.#source.path}: ${name} has the shape [${actual.join(', ')}], and the config makes it [${shape.join(', ')}].`);
    }
    const values = this.#source.read(name);
    refuseNotFinite(values, name, this.#source.path);
    return values;
  }

  #tensor(values: Float32Array, shape: readonly number[]): Tensor {
    const tensor = upload(tf.tensor(values, [...shape], 'float32'));
    this.#made.push(tensor);
    return tensor;
  }
}
