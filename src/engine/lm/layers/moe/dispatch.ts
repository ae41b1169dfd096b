/** Rows to their experts and back: two linear maps, each the other's gradient, so that a gather does where stock autograd would scatter. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { linearMap } from '../../../ops/linear-map.ts';
import type { Choice } from './gates.ts';

/** A *slot* is one (token, rank); slots stand expert by expert, in order of their tokens. */
export interface Dispatch {
  readonly tokens: number;
  readonly k: number;
  /** token * k + rank of each slot, int32 [tokens * k]. */
  readonly slots: Int32Array;
  /** The slot of each (token, rank), int32 [tokens * k]. */
  readonly places: Int32Array;
  /** Experts that have slots, rising, with how many. */
  readonly groups: readonly { readonly expert: number; readonly count: number }[];
}

/** Sorts the slots by expert; the sort is stable. */
export function planDispatch({ experts, tokens, k }: Choice, count: number): Dispatch {
  const counts = new Int32Array(count);
  for (const expert of experts) counts[expert]!++;
  const next = new Int32Array(count);
  for (let e = 1; e < count; e++) next[e] = next[e - 1]! + counts[e - 1]!;
  const [slots, places] = [new Int32Array(experts.length), new Int32Array(experts.length)];
  experts.forEach((expert, at) => {
    const slot = next[expert]!++;
    slots[slot] = at;
    places[at] = slot;
  });
  const groups = [...counts].map((own, expert) => ({ expert, count: own })).filter((group) => group.count > 0);
  return { tokens, k, slots, places, groups };
}

function scatterRows(x: Tensor, { slots, k }: Dispatch): Tensor {
  return tf.gather(x, tf.tensor1d(slots.map((slot) => Math.floor(slot / k)), 'int32'));
}

function sumRows(x: Tensor, { places, tokens, k }: Dispatch): Tensor {
  return tf.sum(tf.reshape(tf.gather(x, tf.tensor1d(places, 'int32')), [tokens, k, x.shape[1]!]), 1);
}

/** x float32 [tokens, d] -> the row of each slot's token, float32 [tokens * k, d]. */
export function toSlots(x: Tensor2D, plan: Dispatch): Tensor2D {
  return linearMap(x, (rows) => scatterRows(rows, plan), (dy) => sumRows(dy, plan)) as Tensor2D;
}

/** x float32 [tokens * k, d] of slots -> the sum over each token's slots, float32 [tokens, d]. */
export function fromSlots(x: Tensor2D, plan: Dispatch): Tensor2D {
  return linearMap(x, (rows) => sumRows(rows, plan), (dy) => scatterRows(dy, plan)) as Tensor2D;
}

/** Numbers by (token, rank), float32 [tokens, k], in the order of slots, float32 [tokens * k, 1]. */
export function inSlotOrder(x: Tensor2D, { slots, places, tokens, k }: Dispatch): Tensor2D {
  const at = (order: Int32Array): Tensor1D => tf.tensor1d(order, 'int32');
  const there = (values: Tensor): Tensor => tf.gather(tf.reshape(values, [tokens * k, 1]), at(slots));
  return linearMap(x, there, (dy) => tf.reshape(tf.gather(dy, at(places)), [tokens, k])) as Tensor2D;
}
