/**
 * The parameters of a language model in training, and one step: gradients by autograd over stock ops, their norm clipped, AdamW with decoupled
 * decay on matrices (Loshchilov & Hutter 2017, 1711.05101). A fused step would take the place of `#gradients`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { adam, createAdamCell, disposeAdamCell, type AdamCell } from '../../ops/adam.ts';
import { createCell, type Cell } from '../../ops/cell.ts';
import { crossEntropySum } from '../../ops/cross-entropy.ts';
import { scoped } from '../../ops/scope.ts';
import { Random } from '../../random.ts';
import { readCells, restoreCells } from '../../train/state.ts';
import { forward, type Decoder } from '../decoder.ts';
import type { ModelConfig } from '../definition.ts';
import { HookTable } from '../hook-names.ts';
import { HookRun } from '../hook-run.ts';
import { loupe } from '../models/loupe.ts';
import type { OwnShape } from '../own/config.ts';
import { modelConfig } from '../own/files.ts';
import { assemble, modelSpecs, type NamedSpec } from '../own/parameters.ts';
import { disposeTrainingPass, type TrainingPass } from '../own/pass.ts';
import { firstBadHook, firstNotFinite } from './first-bad.ts';
import type { TokenContexts } from './token-files.ts';

export interface LmSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest norm of the whole gradient; null: no limit. */
  readonly clip: number | null;
  readonly seed: number;
}

export interface LmStepReport {
  /** Cross-entropy, nats a token, without auxiliary losses. */
  readonly loss: number;
  /** Auxiliary losses by name, unweighted, a mean over blocks and parts of the step. */
  readonly auxiliary: Readonly<Record<string, number>>;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** What layers measured in the last part of the step, by name. */
  readonly figures: ReadonlyMap<string, readonly number[]>;
}

export class LmTrainer {
  readonly shape: OwnShape;
  readonly config: ModelConfig;
  readonly table: HookTable;
  readonly #settings: LmSettings;
  readonly #trained: readonly NamedSpec[];
  readonly #parameters = new Map<string, AdamCell>();
  /** Parameters that the optimiser leaves alone. */
  readonly #buffers = new Map<string, Cell>();

  /** `start` gives a parameter's values, float32 [elements]. */
  constructor(shape: OwnShape, settings: LmSettings, start: (spec: NamedSpec) => Float32Array) {
    this.shape = shape;
    this.config = modelConfig(shape, 'the model in training', []);
    this.table = new HookTable(this.config, loupe.architecture);
    this.#settings = settings;
    const specs = modelSpecs(shape);
    this.#trained = specs.filter(({ trained }) => trained !== false);
    for (const spec of specs) {
      const initial = tf.tensor(start(spec), [...spec.shape]);
      if (spec.trained === false) this.#buffers.set(spec.name, createCell(initial));
      else this.#parameters.set(spec.name, createAdamCell(initial));
      initial.dispose();
    }
  }

  /** One step over contexts in one or several parts, whose gradients are added up. `step` counts from 0. Kind not-finite says where. */
  step(parts: readonly TokenContexts[], lr: number, step: number): LmStepReport {
    return scoped(() => {
      const values = this.#trained.map(({ name }) => this.#parameters.get(name)!.value.read());
      const { gradients, loss, auxiliary, figures } = this.#gradients(values, parts, step);
      const squares = tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))));
      const norm = Math.sqrt(squares.dataSync()[0]!);
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw this.#notFinite(values, gradients, parts, loss);
      this.#update(gradients, norm, lr, step);
      return { loss, auxiliary, gradientNorm: norm, figures };
    });
  }

  /** Sum of -log p(next token) over the contexts, nats, and how many tokens were predicted. */
  loss({ tokens, targets, batch, length }: TokenContexts): { readonly sum: number; readonly count: number } {
    return this.use((decoder) => {
      const run = new HookRun(this.table, { batch, length }, {});
      const logits = forward(decoder, { tokens, batch, length, run, layers: this.config.layers, logits: true })!;
      const sum = crossEntropySum(tf.reshape(logits, [tokens.length, -1]) as Tensor2D, targets).dataSync()[0]!;
      return { sum, count: targets.reduce((total, target) => total + (target < 0 ? 0 : 1), 0) };
    });
  }

  /** Runs `work`, whose result holds no tensor, on the model as it is. */
  use<T>(work: (decoder: Decoder) => T): T {
    return scoped(() => work(this.#decoder(this.#trained.map(({ name }) => this.#parameters.get(name)!.value.read()))));
  }

  /** A parameter's values now, float32 [elements]. */
  values(name: string): Float32Array {
    const cell = this.#parameters.get(name)?.value ?? this.#buffers.get(name);
    if (cell === undefined) throw new LoupeError('defect', `there is no parameter ${name}`);
    return scoped(() => cell.read().dataSync() as Float32Array);
  }

  /** Parameters, their moments and buffers by name, float32 [as each has]; the caller disposes. */
  state(): Record<string, Tensor> {
    return readCells(this.#cells());
  }

  /** Takes such a state, float32 [as each has]. Kind mismatch for another model's. */
  restore(state: Readonly<Record<string, Tensor>>): void {
    restoreCells(this.#cells(), state);
  }

  dispose(): void {
    this.#parameters.forEach(disposeAdamCell);
    this.#buffers.forEach((cell) => cell.dispose());
  }

  #decoder(values: readonly Tensor[]): Decoder {
    const byName = new Map(this.#trained.map(({ name }, i) => [name, values[i]!]));
    const weights = assemble(this.shape, this.config.layers, ({ name }) => byName.get(name) ?? this.#buffers.get(name)!.read());
    return { config: this.config, architecture: loupe.architecture, weights };
  }

  #gradients(values: readonly Tensor[], parts: readonly TokenContexts[], step: number): Omit<LmStepReport, 'gradientNorm'> & { readonly gradients: Tensor[] } {
    const predicted = parts.reduce((sum, { targets }) => sum + targets.reduce((count, target) => count + (target < 0 ? 0 : 1), 0), 0);
    let sums: Tensor[] | null = null;
    let loss = 0;
    const auxiliary: Record<string, number> = {};
    let figures: LmStepReport['figures'] = new Map();
    for (const [part, contexts] of parts.entries()) {
      const training: TrainingPass = { random: Random.from(this.#settings.seed, `noise of step ${step}, part ${part}`), losses: [], figures: new Map(), updates: new Map() };
      const [crossEntropy, gradients] = this.#differentiate(values, contexts, predicted, parts.length, training);
      loss += crossEntropy;
      for (const { name, value } of training.losses) auxiliary[name] = (auxiliary[name] ?? 0) + value.dataSync()[0]! / (parts.length * this.config.layers);
      figures = new Map([...training.figures].map(([name, value]) => [name, Array.from(value.dataSync())]));
      for (const [name, value] of training.updates) this.#buffers.get(name)!.assign(value);
      disposeTrainingPass(training);
      sums = sums === null ? gradients : sums.map((sum, i) => replaced(sum, tf.add(sum, gradients[i]!), gradients[i]!));
    }
    return { gradients: sums!, loss, auxiliary, figures };
  }

  /** Cross-entropy of a part, its share of the step's mean, and the gradient of the whole loss. */
  #differentiate(values: readonly Tensor[], { tokens, targets, batch, length }: TokenContexts, predicted: number, parts: number, training: TrainingPass): [number, Tensor[]] {
    let crossEntropy: Tensor | undefined;
    const objective = (): Scalar => {
      const decoder = this.#decoder(values);
      const run = new HookRun(this.table, { batch, length }, {}, true, true);
      const logits = forward(decoder, { tokens, batch, length, run, layers: this.config.layers, logits: true, training })!;
      const own = tf.div(crossEntropySum(tf.reshape(logits, [tokens.length, -1]) as Tensor2D, targets), predicted);
      crossEntropy = tf.keep(tf.clone(own));
      return this.#weighted(training, parts).reduce((total: Tensor, term) => tf.add(total, term), own) as Scalar;
    };
    // Unlike tf.valueAndGrads this allows a parameter that the loss does not reach, like an expert that no token was sent to.
    const { grads } = tf.engine().gradients(objective, [...values], undefined, true);
    const loss = crossEntropy!.dataSync()[0]!;
    crossEntropy!.dispose();
    return [loss, values.map((value, i) => (grads[i] as Tensor | null | undefined) ?? tf.zerosLike(value))];
  }

  #weighted({ losses }: TrainingPass, parts: number): Tensor[] {
    const factors = this.shape.kind.lossWeights?.(this.shape.layer) ?? {};
    return losses.map(({ name, value }) => {
      const factor = factors[name];
      if (factor === undefined) throw new LoupeError('defect', `${this.shape.kind.id} has the loss ${name} and no weight for it`);
      return tf.mul(value, factor / parts);
    });
  }

  #update(gradients: readonly Tensor[], norm: number, lr: number, step: number): void {
    const { beta1, beta2, epsilon, weightDecay, clip } = this.#settings;
    // As torch.nn.utils.clip_grad_norm_.
    const factor = clip === null ? 1 : Math.min(1, clip / (norm + 1e-6));
    for (const [i, { name, decay }] of this.#trained.entries()) {
      const cell = this.#parameters.get(name)!;
      tf.tidy(() => {
        if (decay && weightDecay > 0) cell.value.assign(tf.mul(cell.value.read(), 1 - lr * weightDecay));
        adam(cell, factor === 1 ? gradients[i]! : tf.mul(gradients[i]!, factor), { lr, step: step + 1, beta1, beta2, epsilon });
      });
    }
  }

  /** What went wrong first: a weight, a value of the pass, or else a gradient, the nearest to the loss. */
  #notFinite(values: readonly Tensor[], gradients: readonly Tensor[], parts: readonly TokenContexts[], loss: number): LoupeError {
    const named = (tensors: readonly Tensor[]): [string, Tensor][] => this.#trained.map(({ name }, i) => [name, tensors[i]!]);
    const weight = firstNotFinite(named(values));
    const decoder = this.#decoder(values);
    const hook = weight === null ? parts.map((part) => firstBadHook(decoder, this.table, part)).find((name) => name !== null) : undefined;
    const place = weight !== null ? `the weight ${weight} is the first` : hook != null ? `${hook} is the first value of the pass` : `the gradient of ${firstNotFinite(named(gradients).reverse()) ?? 'a parameter'} is the first`;
    return new LoupeError('not-finite', `the loss is ${loss}: ${place} that is not finite`);
  }

  #cells(): Record<string, Cell> {
    const cells: Record<string, Cell> = Object.fromEntries(this.#buffers);
    for (const [name, { value, m, v }] of this.#parameters) Object.assign(cells, { [name]: value, [`${name}.m`]: m, [`${name}.v`]: v });
    return cells;
  }
}

/** `next`, after what it was made of was freed. */
function replaced(before: Tensor, next: Tensor, other: Tensor): Tensor {
  tf.dispose([before, other]);
  return next;
}
