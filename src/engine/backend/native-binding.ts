/**
 * The native addon, typed; this file alone loads it. The addon is tfjs-node-gpu's binding and Loupe's custom ops
 * (native/src) in one library, linked to the TensorFlow runtime that set-up installed.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';

/** The value of an op attribute, by the attribute's type in the op's registration. */
export type AttrValue =
  | { readonly int: number | readonly number[] }
  | { readonly float: number | readonly number[] }
  | { readonly bool: boolean | readonly boolean[] }
  | { readonly string: string }
  | { readonly shape: readonly number[] }
  | { readonly type: AttrDtype };

export type AttrDtype = 'float32' | 'int32' | 'bool' | 'string' | 'resource' | 'int64';

/** Attributes of an op by name. */
export type OpAttrs = Readonly<Record<string, AttrValue>>;

interface TfeOpAttr {
  name: string;
  type: number;
  value: unknown;
}

interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** The addon's exports (`binding/tfjs_binding.cc`). Tensor ids are handles of this environment. */
export interface Addon {
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attrs: readonly TfeOpAttr[], inputs: readonly number[], outputs: number): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly [constant: `TF_${string}`]: number | string;
}

/** The addon that is loaded before (`native/prelude`): it silences the runtime and answers about it. */
export interface Prelude {
  isOpRegistered(name: string): boolean;
  instructionSets(): string[];
}

/** The parts of tfjs-node-gpu's backend class that Loupe calls. */
interface NodeBackend extends KernelBackend {
  readonly binding: Addon;
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(name: string, attrs: TfeOpAttr[], inputs: Tensor[], outputs: number): Tensor[];
}

const load = createRequire(import.meta.url);
let active: NodeBackend | undefined;
let prelude: Prelude | undefined;
const registered = new Map<string, boolean>();

/** Gives back the two functions that tfjs-node-gpu calls and Node 23 removed. */
function restoreRemovedUtil(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  legacy['isArray'] ??= Array.isArray;
}

/** Threads the runtime computes with: `LOUPE_THREADS`, else all that this process may use. */
export function threadCount(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = env['LOUPE_THREADS'];
  if (asked === undefined || asked === '') return availableParallelism();
  const count = Number(asked);
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    throw new LoupeError('bad-request', `LOUPE_THREADS is "${asked}": give a whole number from 1 to 1024`);
  }
  return count;
}

/** The runtime reads these when its library is loaded; what the user has set stays. */
export function runtimeEnvironment(threads: number): Readonly<Record<string, string>> {
  return {
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    TF_ENABLE_ONEDNN_OPTS: '1',
  };
}

/**
 * Loads the addon and makes tfjs's `tensorflow` backend of it, registered but not yet chosen.
 *
 * @param addon path of the `.node` file, or an object with its exports
 * @throws LoupeError `missing-component` where the library cannot be loaded
 */
export function registerNativeBackend(addon: string | Addon): { version: string; gpu: boolean } {
  if (active === undefined) {
    for (const [name, value] of Object.entries(runtimeEnvironment(threadCount()))) process.env[name] ??= value;
    restoreRemovedUtil();
    const binding = typeof addon === 'string' ? loadAddon(addon) : addon;
    const { NodeJSKernelBackend } = load('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as {
      NodeJSKernelBackend: new (binding: Addon, packageName: string) => NodeBackend;
    };
    const backend = new NodeJSKernelBackend(binding, 'loupe');
    load('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
    tf.registerBackend('tensorflow', () => backend, 3);
    active = backend;
  }
  return { version: active.binding.TF_Version, gpu: active.isUsingGpuDevice };
}

/** Loads the addon; before it the two small ones beside it that keep the runtime quiet (tfjs-node-gpu's own prebuilt
 * has none). The prelude is mapped quietly first, and with it the runtime's framework library. */
function loadAddon(path: string): Addon {
  const beside = join(dirname(path), 'loupe_prelude.node');
  try {
    if (existsSync(beside)) {
      (load(join(dirname(path), 'loupe_quiet.node')) as { mapQuietly(path: string): void }).mapQuietly(beside);
      prelude = load(beside) as Prelude;
    }
    return load(path) as Addon;
  } catch (error) {
    throw new LoupeError('missing-component', `the native addon ${path} does not load; run: npm run setup`, String(error));
  }
}

function nativeBackend(): NodeBackend {
  if (active === undefined || tf.getBackend() !== 'tensorflow') {
    throw new LoupeError('missing-component', `native ops need the tensorflow backend, but the backend is "${tf.getBackend()}"`);
  }
  return active;
}

/** Whether op `name` can be called: the tensorflow backend is in use and knows it. Loupe's own ops are for the CPU; on a
 * GPU their twins in stock ops run. */
export function hasNative(name: string): boolean {
  if (active === undefined || tf.getBackend() !== 'tensorflow') return false;
  if (active.isUsingGpuDevice && name.startsWith('Loupe')) return false;
  let known = registered.get(name);
  if (known === undefined) {
    known = prelude?.isOpRegistered(name) ?? false;
    registered.set(name, known);
  }
  return known;
}

/** The instruction sets of this processor that kernels can be dispatched to; empty on other backends. */
export function instructionSets(): readonly string[] {
  return prelude?.instructionSets() ?? [];
}

const attrKinds = {
  int: 'TF_ATTR_INT',
  float: 'TF_ATTR_FLOAT',
  bool: 'TF_ATTR_BOOL',
  string: 'TF_ATTR_STRING',
  shape: 'TF_ATTR_SHAPE',
  type: 'TF_ATTR_TYPE',
} as const;

const dtypeConstants: Readonly<Record<AttrDtype, `TF_${string}`>> = {
  float32: 'TF_FLOAT',
  int32: 'TF_INT32',
  bool: 'TF_BOOL',
  string: 'TF_STRING',
  resource: 'TF_RESOURCE',
  int64: 'TF_INT64',
};

function toTfeAttr(binding: Addon, name: string, attr: AttrValue): TfeOpAttr {
  const [kind, value] = Object.entries(attr)[0] as [keyof typeof attrKinds, unknown];
  const converted = kind === 'type' ? binding[dtypeConstants[value as AttrDtype]] : value;
  return { name, type: Number(binding[attrKinds[kind]]), value: converted };
}

/**
 * Calls an op of the runtime (stock or custom) by its registered name.
 *
 * @param attrs attributes by name; attributes with a default may be left out
 * @param inputs tensors in the order of the registration; resource handles too
 * @param outputs how many tensors it returns; they belong to the caller and to the enclosing `tf.tidy`
 * @throws LoupeError `missing-component` on another backend; Error with the runtime's message where it refuses
 */
export function executeNative(name: string, attrs: OpAttrs, inputs: readonly Tensor[], outputs: number): Tensor[] {
  const backend = nativeBackend();
  const tfeAttrs = Object.entries(attrs).map(([key, attr]) => toTfeAttr(backend.binding, key, attr));
  return backend.executeMultipleOutputs(name, tfeAttrs, [...inputs], outputs);
}

/** The runtime gives each variable of this name (its ResourceHandle::ANONYMOUS_NAME) a place of its own; without it all would share one. */
const anonymousName = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/**
 * A variable that lives in the runtime and that fused ops update in place (`ResourceApplyAdam` and our own).
 * The handle is itself a small tensor, kept out of memory scopes until `dispose`.
 */
export class ResourceVariable {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  #handle: Tensor | undefined;

  constructor(initial: Tensor) {
    if (initial.dtype !== 'float32' && initial.dtype !== 'int32') {
      throw new LoupeError('unsupported', `a resource variable holds float32 or int32, not ${initial.dtype}`);
    }
    this.shape = [...initial.shape];
    this.dtype = initial.dtype;
    const attrs = { dtype: { type: this.dtype }, shape: { shape: this.shape }, shared_name: { string: anonymousName } } as const;
    const [handle] = executeNative('VarHandleOp', attrs, [], 1);
    if (handle === undefined) throw new LoupeError('defect', 'VarHandleOp returned nothing');
    this.#handle = tf.keep(handle);
    this.assign(initial);
  }

  /** The handle, as an op's input. @throws LoupeError `disposed` */
  get handle(): Tensor {
    if (this.#handle === undefined) throw new LoupeError('disposed', 'the resource variable was disposed');
    return this.#handle;
  }

  /** Sets the value; shape and dtype are those of construction. */
  assign(value: Tensor): void {
    executeNative('AssignVariableOp', { dtype: { type: this.dtype } }, [this.handle, value], 0);
  }

  /** The value, as a tensor that the caller disposes. */
  read(): Tensor {
    const [value] = executeNative('ReadVariableOp', { dtype: { type: this.dtype } }, [this.handle], 1);
    if (value === undefined) throw new LoupeError('defect', 'ReadVariableOp returned nothing');
    return value;
  }

  /** Frees the value and the handle; a second call does nothing. */
  dispose(): void {
    if (this.#handle === undefined) return;
    executeNative('DestroyResourceOp', { ignore_lookup_error: { bool: true } }, [this.#handle], 0);
    this.#handle.dispose();
    this.#handle = undefined;
  }
}
