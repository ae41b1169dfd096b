/** The training step of any variant: its loss, by autograd, and Adam on dense gradients. The readable twin of the fused step. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { adam as adamStep, createAdamCell, disposeAdamCell } from '../ops/adam.ts';
import type { AdamCell } from '../ops/adam.ts';
import { createCell } from '../ops/cell.ts';
import type { Cell } from '../ops/cell.ts';
import { normaliseRows, removeParallel } from '../ops/row-update.ts';
import { scoped } from '../ops/scope.ts';
import { Random } from '../random.ts';
import type { AnyVariant, Batch, LossContext, LossResult, Weights } from '../sae/definition.ts';
import { deadLatents } from './dead-latents.ts';
import { readCells, restoreCells } from './state.ts';
import type { StepReport, Trainer, TrainerSettings } from './trainer.ts';

type Config = Readonly<Record<string, unknown>>;

export class DenseTrainer implements Trainer {
  readonly #variant: AnyVariant;
  readonly #config: Config;
  readonly #settings: TrainerSettings;
  readonly #names: readonly string[];
  readonly #parameters: Readonly<Record<string, AdamCell>>;
  /** Weights that no gradient reaches. */
  readonly #buffers: Readonly<Record<string, Cell>>;
  readonly #sinceFired: Cell;

  /** Copies `weights` and `buffers`; `config` holds the variant's own fields. */
  constructor(variant: AnyVariant, config: Config, weights: Weights, buffers: Weights, settings: TrainerSettings) {
    this.#variant = variant;
    this.#config = config;
    this.#settings = settings;
    this.#names = Object.keys(weights);
    this.#parameters = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, createAdamCell(tensor)]));
    this.#buffers = Object.fromEntries(Object.entries(buffers).map(([name, tensor]) => [name, createCell(tensor)]));
    const never = tf.zeros([settings.sizes.dSae], 'int32');
    this.#sinceFired = createCell(never);
    never.dispose();
  }

  step(batch: Batch, lr: number, step: number): StepReport {
    return scoped(() => {
      const context = this.#context(step);
      const values = this.#names.map((name) => this.#parameters[name]!.value.read());
      const buffers = readCells(this.#buffers);
      let result: LossResult | undefined;
      const loss = (...tensors: Tensor[]): Scalar => {
        const weights = { ...buffers, ...Object.fromEntries(this.#names.map((name, i) => [name, tensors[i]!])) };
        result = this.#variant.loss(weights, batch, this.#config, context);
        for (const tensor of tensorsOf(result)) tf.keep(tensor);
        return result.loss;
      };
      try {
        const { value, grads } = tf.valueAndGrads(loss)(values);
        const report = this.#report(batch, value, result!);
        const extra = this.#variant.diagnose?.({ ...buffers, ...Object.fromEntries(this.#names.map((name, i) => [name, values[i]!])) }, result!, this.#config);
        const square = this.#update(grads, lr, step);
        this.#countFired(result!.latents);
        this.#afterStep(batch, result!, context);
        return { ...report, gradientNorm: Math.sqrt(square), ...(extra === undefined ? {} : { extra }) };
      } finally {
        if (result !== undefined) for (const tensor of tensorsOf(result)) tensor.dispose();
      }
    });
  }

  #context(step: number): LossContext {
    const { sizes, steps, variance, seed } = this.#settings;
    return { ...sizes, step, steps, variance, random: Random.from(seed, `noise of step ${step}`), ...this.#deadMask() };
  }

  #report({ y }: Batch, value: Scalar, result: LossResult): Omit<StepReport, 'gradientNorm'> {
    const rows = y.shape[0];
    const loss = value.dataSync()[0]!;
    if (!Number.isFinite(loss)) throw new LoupeError('not-finite', `the loss is ${loss}`);
    const error = tf.sum(tf.squaredDifference(y, result.reconstruction)).dataSync()[0]!;
    const active = tf.sum(tf.cast(tf.notEqual(result.latents, 0), 'float32')).dataSync()[0]!;
    return { loss, auxLoss: result.auxLoss.dataSync()[0]!, fvu: error / (rows * this.#settings.variance), l0: active / rows };
  }

  #deadMask(): { readonly dead: Tensor1D | null; readonly deadCount: number } {
    const latents = deadLatents(this.#sinceFired, this.#settings.deadWindow);
    if (latents.length === 0) return { dead: null, deadCount: 0 };
    const mask = new Float32Array(this.#sinceFired.shape[0]!);
    for (const latent of latents) mask[latent] = 1;
    return { dead: tf.tensor1d(mask), deadCount: latents.length };
  }

  #update(gradients: readonly Tensor[], lr: number, step: number): number {
    const { beta1, beta2, epsilon, clip } = this.#settings;
    const projected = this.#names.map((name, i) => {
      const gradient = gradients[i]!;
      if (name !== 'wDec' || !this.#variant.unitDecoder) return gradient;
      return removeParallel(gradient as Tensor2D, this.#parameters[name]!.value.read() as Tensor2D);
    });
    const square = projected.reduce((sum, gradient) => sum + tf.sum(tf.square(gradient)).dataSync()[0]!, 0);
    if (!Number.isFinite(square)) throw new LoupeError('not-finite', 'the gradient is not finite');
    const factor = clip === null ? 1 : Math.min(1, clip / (Math.sqrt(square) + 1e-6));
    const adam = { lr, step: step + 1, beta1, beta2, epsilon };
    for (const [i, name] of this.#names.entries()) {
      adamStep(this.#parameters[name]!, factor === 1 ? projected[i]! : tf.mul(projected[i]!, factor), adam);
    }
    const wDec = this.#parameters['wDec'];
    if (this.#variant.unitDecoder && wDec !== undefined) wDec.value.assign(normaliseRows(wDec.value.read() as Tensor2D));
    return square;
  }

  #countFired(latents: Tensor2D): void {
    const fired = tf.any(tf.notEqual(latents, 0), 0);
    const rows = latents.shape[0];
    const older = tf.add(tf.minimum(this.#sinceFired.read(), tf.scalar(2147483647 - rows, 'int32')), tf.scalar(rows, 'int32'));
    this.#sinceFired.assign(tf.cast(tf.where(fired, tf.zerosLike(older), older), 'int32'));
  }

  #afterStep(batch: Batch, result: LossResult, context: LossContext): void {
    if (this.#variant.afterStep === undefined) return;
    const cells = this.#cells();
    const changed = this.#variant.afterStep(readCells(cells), batch, result, this.#config, context);
    for (const [name, value] of Object.entries(changed)) {
      const cell = cells[name];
      if (cell === undefined) throw new LoupeError('defect', `variant ${this.#variant.id} changes ${name}, which it does not have`);
      cell.assign(value);
    }
  }

  sinceFired(): Int32Array {
    return scoped(() => this.#sinceFired.read().dataSync() as Int32Array);
  }

  deadCount(): number {
    return deadLatents(this.#sinceFired, this.#settings.deadWindow).length;
  }

  state(): Record<string, Tensor> {
    return readCells(this.#cells());
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    restoreCells(this.#cells(), state);
  }

  weights(): Weights {
    return readCells({ ...this.#buffers, ...Object.fromEntries(Object.entries(this.#parameters).map(([name, cell]) => [name, cell.value])) });
  }

  dispose(): void {
    Object.values(this.#parameters).forEach(disposeAdamCell);
    for (const cell of [...Object.values(this.#buffers), this.#sinceFired]) cell.dispose();
  }

  #cells(): Record<string, Cell> {
    const cells: Record<string, Cell> = { ...this.#buffers, sinceFired: this.#sinceFired };
    for (const [name, { value, m, v }] of Object.entries(this.#parameters)) {
      Object.assign(cells, { [name]: value, [`${name}.m`]: m, [`${name}.v`]: v });
    }
    return cells;
  }
}

function tensorsOf({ latents, reconstruction, auxLoss, preActivations }: LossResult): Tensor[] {
  return preActivations === undefined ? [latents, reconstruction, auxLoss] : [latents, reconstruction, auxLoss, preActivations];
}
