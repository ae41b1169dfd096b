/** A pass for one layer alone, which keeps what goes through its hooks and what it leaves behind. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LayerPass } from '../../src/engine/lm/layers/definition.ts';
import { Random } from '../../src/engine/random.ts';

export interface WatchedPass extends LayerPass {
  readonly seen: Map<string, number[]>;
  readonly left: Map<string, Tensor>;
  readonly updates: Map<string, Tensor>;
}

export interface PassOptions {
  readonly layer?: number;
  readonly training?: boolean;
  /** Whether hooks are looked at. */
  readonly watch?: boolean;
  /** What comes back from a hook. */
  readonly edit?: (hook: string, value: Tensor2D) => Tensor2D;
  /** What earlier layers left. */
  readonly left?: Map<string, Tensor>;
}

export function watchedPass({ layer = 0, training = false, watch = false, edit = (_hook, value) => value, left = new Map() }: PassOptions = {}): WatchedPass {
  const seen = new Map<string, number[]>();
  const updates = new Map<string, Tensor>();
  return {
    seen, left, updates, layer, training, keep: null, differentiable: true, random: Random.from(0),
    at: (hook, value) => (watch && seen.set(hook, [...value.dataSync()]), edit(hook, value)),
    touches: () => watch,
    share: (key, value) => void left.set(key, value),
    shared: (key) => left.get(key) ?? (() => { throw new Error(`${key} is not there`); })(),
    update: (name, value) => void updates.set(name, value),
    kept: (_name, make) => make(),
  };
}
