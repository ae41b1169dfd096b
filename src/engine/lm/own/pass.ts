/** One forward pass through the blocks of a model that Loupe trains: what its layers ask of the pass, and what they leave behind. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { Random } from '../../random.ts';
import type { AttentionInputs } from '../attention-inputs.ts';
import { applyAttention, type LayerCache } from '../attention.ts';
import type { BlockWeights, ModelConfig, OwnBlocks } from '../definition.ts';
import type { HookRun } from '../hook-run.ts';
import type { BlockTools, LayerPass, LayerResult, Weights } from '../layers/definition.ts';
import { applyNorm } from '../norms.ts';

/** What a training pass is given, and what it fills; tensors in here are kept, and the trainer disposes them. */
export interface TrainingPass {
  readonly random: Random;
  /** Auxiliary losses, unweighted scalars. */
  readonly losses: { readonly layer: number; readonly name: string; readonly value: Tensor }[];
  /** Measurements by name, "blocks.2.load". */
  readonly figures: Map<string, Tensor>;
  /** New values of parameters that are not trained. */
  readonly updates: Map<string, Tensor>;
}

/** Frees what a training pass left. */
export function disposeTrainingPass({ losses, figures, updates }: TrainingPass): void {
  tf.dispose([...losses.map(({ value }) => value), ...figures.values(), ...updates.values()]);
}

export class OwnPass {
  readonly #own: OwnBlocks;
  readonly #config: ModelConfig;
  readonly #run: HookRun;
  readonly #inputs: AttentionInputs;
  readonly #caches: readonly LayerCache[] | null;
  readonly #training: TrainingPass | null;
  readonly #shared = new Map<string, Tensor>();

  constructor(own: OwnBlocks, config: ModelConfig, run: HookRun, inputs: AttentionInputs, caches: readonly LayerCache[] | null, training: TrainingPass | null) {
    this.#own = own;
    this.#config = config;
    this.#run = run;
    this.#inputs = inputs;
    this.#caches = caches;
    this.#training = training;
  }

  /**
   * Makes what block `layer` reads of earlier blocks, for a pass that begins there. It is that of the tokens as they are: a change that the pass begins
   * with lies behind those blocks. `embedded` gives the stream before block 0, float32 [batch * length, dModel].
   */
  prepare(layer: number, embedded: (quiet: HookRun) => Tensor2D): void {
    const { kind, config, blocks } = this.#own;
    if (layer >= blocks.length) return;
    const first = kind.sharesFrom?.(config, layer) ?? layer;
    if (first >= layer) return;
    const quiet = this.#run.quiet();
    tf.tidy(() => {
      let x = embedded(quiet);
      for (let block = 0; block <= first; block++) x = this.block(block, x, quiet);
    });
  }

  /** x float32 [batch * length, dModel] -> the residual stream behind block `layer`. */
  block(layer: number, x: Tensor2D, run = this.#run): Tensor2D {
    const { form, blocks } = this.#own;
    const weights = blocks[layer]!;
    const prefix = `blocks.${layer}.`;
    const pre = run.at(`${prefix}hook_resid_pre`, x) as Tensor2D;
    if (run.finished) return pre;
    const out = form.apply(pre, weights, (normed) => this.#layer(layer, normed, weights, run), this.#tools(layer, weights, run));
    return run.at(`${prefix}hook_resid_post`, out) as Tensor2D;
  }

  /** Frees what blocks left for one another. */
  dispose(): void {
    tf.dispose([...this.#shared.values()]);
    this.#shared.clear();
  }

  #layer(layer: number, normed: Tensor2D, weights: Weights, run: HookRun): Tensor2D {
    const { kind, config, size } = this.#own;
    const result: LayerResult = kind.forward(normed, weights, config, this.#layerPass(layer, run), size);
    const training = this.#training;
    if (training === null) return result.y;
    for (const [name, value] of Object.entries(result.losses)) training.losses.push({ layer, name, value: tf.keep(tf.clone(value)) });
    for (const [name, value] of Object.entries(result.figures ?? {})) keepNew(training.figures, `blocks.${layer}.${name}`, value);
    return result.y;
  }

  #layerPass(layer: number, run: HookRun): LayerPass {
    const training = this.#training;
    const keep = run.off?.keep(layer) ?? null;
    return {
      layer, training: training !== null, keep: keep === null ? null : tf.tensor1d(keep), differentiable: run.differentiable, random: training?.random ?? Random.from(0, 'inference'),
      at: (hook, value) => run.at(`blocks.${layer}.${hook}`, value) as Tensor2D,
      touches: (hook) => run.touches(`blocks.${layer}.${hook}`),
      share: (key, value) => keepNew(this.#shared, key, value),
      shared: (key, from) => this.#sharedAt(key, from, layer),
      kept: (name, make) => this.#kept(`blocks.${layer}.${name}`, make),
      update: (name, value) => {
        if (training !== null) keepNew(training.updates, `blocks.${layer}.${name}`, value);
      },
    };
  }

  #kept(name: string, make: () => Tensor): Tensor {
    const { kept } = this.#own;
    if (kept === undefined) return make();
    const found = kept.get(name) ?? tf.keep(tf.clone(make()));
    kept.set(name, found);
    return found;
  }

  #sharedAt(key: string, from: number, layer: number): Tensor {
    const found = this.#shared.get(key);
    if (found !== undefined) return found;
    throw new LoupeError('defect', `block ${layer} of ${this.#own.kind.id} reads ${key} of block ${from}, which sharesFrom does not name, or which left nothing`);
  }

  #tools(layer: number, weights: Weights, run: HookRun): BlockTools {
    const config = this.#config;
    const prefix = `blocks.${layer}.`;
    const vector = (name: string): BlockWeights['ln1']['weight'] => weights[name] as BlockWeights['ln1']['weight'];
    return {
      size: this.#own.size,
      norm: (name, x) => applyNorm(x, { weight: vector(`${name}.weight`), bias: vector(`${name}.bias`) }, 'layer', config.normEps, run, prefix + name),
      attend: (x, qkv, out) => applyAttention(x, { qkv, attnOut: out } as BlockWeights, config, run, layer, this.#inputs, this.#caches?.[layer] ?? null),
      at: (hook, value) => run.at(prefix + hook, value) as Tensor2D,
      get finished() {
        return run.finished;
      },
    };
  }
}

function keepNew(map: Map<string, Tensor>, key: string, value: Tensor): void {
  map.get(key)?.dispose();
  map.set(key, tf.keep(tf.clone(value)));
}
