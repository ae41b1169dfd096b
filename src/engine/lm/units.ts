/** The units of a block, which `mlp.hook_post` holds: what they are called, whether they have exact zeros, and where each writes to. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { UnitNames } from '../../shared/unit-names.ts';
import { scoped } from '../ops/scope.ts';
import type { Decoder } from './decoder.ts';
import type { Linear } from './definition.ts';
import type { UnitWrites } from './layers/definition.ts';

/** The directions of all units of a block at rest. */
export interface StoredWrites {
  /** The hook that the directions are added at, float32 [.., dModel]: hook_mlp_out. */
  readonly hook: string;
  /** float32 [units, dModel] */
  readonly rows: Float32Array;
  /** What the hook holds where all units are 0, float32 [dModel] */
  readonly bias: Float32Array;
}

export interface HookUnits {
  readonly hook: string;
  readonly count: number;
  readonly names: UnitNames;
  /** The kind of layer: its id and its title. */
  readonly kind: { readonly id: string; readonly title: string };
  /** Units that take no part are exactly 0. */
  readonly exact: boolean;
  /** Null for units without a direction of their own; `noDirection` then says why. */
  readonly writes: StoredWrites | null;
  readonly noDirection: string | null;
}

const unitsHook = /^blocks\.(\d+)\.mlp\.hook_post$/;

/** Whether a hook of this name holds units. */
export function isUnitsHook(hook: string): boolean {
  return unitsHook.test(hook);
}

/** The block of such a hook. */
export function layerOfHook(hook: string): number {
  return Number(unitsHook.exec(hook)![1]);
}

/** Kind unsupported for a hook that holds no units, with one that does; not-found for a block that is not there. */
function layerOf(hook: string, { config }: Decoder): number {
  if (!isUnitsHook(hook)) throw new LoupeError('unsupported', `hook: ${hook} holds no units. Units lie at blocks.N.mlp.hook_post, like blocks.${Math.max(0, config.layers - 1)}.mlp.hook_post.`);
  const layer = layerOfHook(hook);
  if (layer >= config.layers) throw new LoupeError('not-found', `hook: ${config.name} has no ${hook}: its blocks are 0 to ${config.layers - 1}.`);
  return layer;
}

function numbers(tensor: Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync<'float32'>());
}

function stored({ rows, bias }: UnitWrites, layer: number): StoredWrites {
  return { hook: `blocks.${layer}.hook_mlp_out`, rows: numbers(rows), bias: bias === null ? new Float32Array(rows.shape[1]) : numbers(bias) };
}

/** The rows of an output map, one a unit. */
function rowsOf({ weight, layout, bias }: Linear): UnitWrites {
  return { rows: layout === 'in-out' ? weight : tf.transpose(weight) as Tensor2D, bias };
}

/** The MLP of a family that others trained. */
function mlpUnits({ architecture, config, weights }: Decoder, layer: number, hook: string): HookUnits {
  const normed = architecture.postNorms === true;
  const title = `${architecture.mlp === 'gated' ? 'Gated MLP' : 'MLP'} (${config.activation})`;
  return {
    hook, count: config.dMlp, names: { pattern: 'neuron {n}', width: null }, kind: { id: 'mlp', title }, exact: architecture.mlp === 'plain' && config.activation === 'relu',
    writes: normed ? null : stored(rowsOf(weights.blocks[layer]!.mlpOut), layer),
    noDirection: normed ? 'The output of this MLP is normed before it is added to the stream: how far a unit moves it depends on all the others.' : null,
  };
}

/** What stands at `hook` of a loaded model, its weights copied out. Kinds: unsupported (a hook without units), not-found (a block). */
export function unitsAt(decoder: Decoder, hook: string): HookUnits {
  const layer = layerOf(hook, decoder);
  const { own } = decoder.weights;
  return scoped(() => {
    if (own === undefined) return mlpUnits(decoder, layer, hook);
    const { kind, config, size, blocks } = own;
    const writes = kind.writes(blocks[layer]!, config, size);
    return {
      hook, count: kind.units(config, size), names: kind.unitNames(config, size), kind: { id: kind.id, title: kind.title }, exact: !(kind.smooth?.(config) ?? false),
      writes: typeof writes === 'string' ? null : stored(writes, layer), noDirection: typeof writes === 'string' ? writes : null,
    };
  });
}
