/** Tensors by name, whatever file they lie in, and the checks that every dictionary format makes of them. */
import { LoupeError, nearestName } from '../../shared/errors.ts';

/** A safetensors file, a torch archive or an npz. */
export interface TensorSource {
  readonly path: string;
  readonly entries: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** float32, row-major. */
  readFloat32(name: string): Float32Array<ArrayBuffer>;
  close(): void;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** `named`: what other names mean, so that they are not proposed for a missing one. */
function missing(source: TensorSource, label: string, name: string, needed: string, named: readonly string[]): LoupeError {
  const names = [...source.entries.keys()];
  const near = nearestName(name, names.filter((other) => !named.includes(other)));
  const hint = near === undefined ? `it has ${names.slice(0, 12).join(', ') || 'none'}` : `the nearest is ${near}`;
  return new LoupeError('bad-file', `${source.path} has no tensor ${label}, which ${needed} needs; ${hint}.`);
}

/**
 * Checks that tensors are there with these shapes. `needed` is who wants them, `sizes` where the expected shapes come from.
 * Kind bad-file names what is missing with its shape and the nearest name, or the two shapes.
 */
export function requireShapes(source: TensorSource, shapes: Shapes, needed: string, sizes: string): void {
  for (const [name, expected] of Object.entries(shapes)) {
    const entry = source.entries.get(name);
    const wanted = `[${expected.join(', ')}]`;
    if (entry === undefined) throw missing(source, `${name} ${wanted}`, name, needed, Object.keys(shapes));
    if (entry.shape.join() === expected.join()) continue;
    const turned = entry.shape.length === 2 && [...entry.shape].reverse().join() === expected.join() ? ' It looks transposed.' : '';
    throw new LoupeError('bad-file', `${source.path}: ${name} is [${entry.shape.join(', ')}], and ${sizes} want ${wanted}.${turned}`);
  }
}

/** A tensor's shape, of `rank` sizes of at least 1 each. Kind bad-file. */
export function shapeOf(source: TensorSource, name: string, rank: number, needed: string): readonly number[] {
  const shape = source.entries.get(name)?.shape;
  if (shape === undefined) throw missing(source, name, name, needed, []);
  if (shape.length === rank && shape.every((size) => size > 0)) return shape;
  throw new LoupeError('bad-file', `${source.path}: ${name} is [${shape.join(', ')}], and ${needed} needs ${rank} sizes, none of them 0.`);
}

/** float32 values of a tensor, all finite. Kind not-finite names the first that is not. */
export function readFinite(source: TensorSource, name: string): Float32Array<ArrayBuffer> {
  const values = source.readFloat32(name);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  if (sum === 0) return values;
  const at = values.findIndex((v) => !Number.isFinite(v));
  throw new LoupeError('not-finite', `${source.path}: ${name} holds ${values[at]} at element ${at}. The dictionary is broken; use an earlier checkpoint.`);
}
