/**
 * Experts that are switched off in a pass, by layer. One that is off contributes nothing, as if its units at mlp.hook_post were zero; nothing is
 * renormalised and no token is sent elsewhere, so that what a purge does is what these experts did (models.md B.5, our choice, and the same for MoE-X and Switch).
 */
import { LoupeError } from '../../../shared/errors.ts';
import type { ModelConfig } from '../definition.ts';
import type { ExpertsForm } from '../layers/definition.ts';
import { shapeOf, type OwnShape } from '../own/config.ts';
import type { ExpertSet } from './expert-set.ts';

export class ExpertsOff {
  readonly #layers: ReadonlyMap<number, ExpertSet>;
  readonly #kept = new Map<number, Float32Array>();

  /** Layers with nothing off may be left out. Kind bad-request where a layer would have no expert left. */
  constructor(layers: ReadonlyMap<number, ExpertSet>) {
    this.#layers = new Map([...layers].filter(([, set]) => set.size > 0).sort(([a], [b]) => a - b));
    for (const [layer, { size, experts }] of this.#layers) {
      if (size === experts) throw new LoupeError('bad-request', `the purge takes all ${experts} experts of layer ${layer}: leave at least one`);
    }
  }

  /** Layers where something is off, rising, with what. */
  get layers(): ReadonlyMap<number, ExpertSet> {
    return this.#layers;
  }

  /** How many are off in all layers. */
  get size(): number {
    return [...this.#layers.values()].reduce((sum, set) => sum + set.size, 0);
  }

  /** 1 where an expert of the layer stays, 0 where it is off, float32 [experts]; null where all stay. The same array each time: leave it as it is. */
  keep(layer: number): Float32Array | null {
    const set = this.#layers.get(layer);
    if (set === undefined) return null;
    const known = this.#kept.get(layer);
    if (known !== undefined) return known;
    const keep = new Float32Array(set.experts).fill(1);
    for (const expert of set) keep[expert] = 0;
    this.#kept.set(layer, keep);
    return keep;
  }
}

/** A model whose layers are made of experts. */
export interface ExpertModel {
  readonly shape: OwnShape;
  readonly form: ExpertsForm<unknown>;
  /** Of each layer. */
  readonly experts: number;
}

/** Kind unsupported for a model without experts. */
export function expertsOf({ name, own }: Pick<ModelConfig, 'name' | 'own'>): ExpertModel {
  const shape = own === undefined ? null : shapeOf(own.config);
  const form = shape?.kind.experts as ExpertsForm<unknown> | undefined;
  if (shape !== null && form !== undefined) return { shape, form, experts: form.count(shape.layer) };
  const what = shape === null ? 'is of a family without experts that Loupe can tell apart' : `has ${shape.kind.title} layers, which have no experts`;
  throw new LoupeError('unsupported', `${name} ${what}: take a model that was trained with --arch monet-hd, monet-vd, moe-x or switch.`);
}

/** Refuses what does not fit the model: kinds unsupported (no experts), mismatch (another number of layers or experts). */
export function checkExpertsOff(config: Pick<ModelConfig, 'name' | 'own' | 'layers'>, off: ExpertsOff): void {
  const { experts } = expertsOf(config);
  for (const [layer, set] of off.layers) {
    if (layer >= config.layers) throw new LoupeError('mismatch', `the purge names layer ${layer}, and ${config.name} has ${config.layers}: it is another model's.`);
    if (set.experts !== experts) throw new LoupeError('mismatch', `the purge is of ${set.experts} experts a layer, and ${config.name} has ${experts}: it is another model's.`);
  }
}
