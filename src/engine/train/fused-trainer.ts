/**
 * The training step without a dense gradient: one encoder product with selection, sparse decode, and an in-place update of the rows
 * (design.md section 2). The same step as DenseTrainer's on the variant's loss.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { adam, createAdamCell, disposeAdamCell } from '../ops/adam.ts';
import { createCell } from '../ops/cell.ts';
import type { Cell } from '../ops/cell.ts';
import { denseUpdate, disposeSparseParameters, rowUpdate } from '../ops/row-update.ts';
import { scoped } from '../ops/scope.ts';
import { Random } from '../random.ts';
import type { AnyVariant, Batch, FusedForm, FusedResult, LossContext, Weights } from '../sae/definition.ts';
import { deadLatents } from './dead-latents.ts';
import { auxiliary } from './fused-auxiliary.ts';
import type { Auxiliary } from './fused-auxiliary.ts';
import type { DenseForward } from './fused-dense.ts';
import { fusedForward, readWeights } from './fused-forward.ts';
import type { FusedParameters, SparseForward } from './fused-forward.ts';
import { readCells, restoreCells } from './state.ts';
import type { StepReport, Trainer, TrainerSettings } from './trainer.ts';

type Forward = SparseForward | DenseForward;

export class FusedTrainer implements Trainer {
  readonly #parameters: FusedParameters;
  /** Weights that no gradient reaches. */
  readonly #buffers: Readonly<Record<string, Cell>>;
  readonly #form: FusedForm;
  readonly #settings: TrainerSettings;
  readonly #variant: Pick<AnyVariant, 'unitDecoder' | 'centresInput'>;

  /** Copies `weights` (wEnc, wDec [dSae, dIn], bEnc [dSae], bDec [dIn], and threshold [dSae] where the form has it) and `buffers`. */
  constructor(weights: Weights, buffers: Weights, form: FusedForm, variant: Pick<AnyVariant, 'unitDecoder' | 'centresInput'>, settings: TrainerSettings) {
    const cell = (name: string): ReturnType<typeof createAdamCell> => createAdamCell(weights[name]!);
    const never = tf.zeros([weights['wEnc']!.shape[0]!], 'int32');
    this.#parameters = {
      wEnc: cell('wEnc'), wDec: cell('wDec'), bEnc: cell('bEnc'), bDec: cell('bDec'), sinceFired: createCell(never),
      threshold: form.kind === 'jumprelu' ? cell('threshold') : null,
    };
    never.dispose();
    this.#buffers = Object.fromEntries(Object.entries(buffers).map(([name, tensor]) => [name, createCell(tensor)]));
    this.#form = form;
    this.#settings = settings;
    this.#variant = variant;
  }

  step({ x }: Batch, lr: number, step: number): StepReport {
    return scoped(() => {
      const context = this.#context(step);
      const forward = this.#forward(x, context);
      const { figures } = forward;
      const aux = this.#auxiliary(forward);
      const loss = figures.loss + this.#auxCoefficient() * (aux?.loss ?? 0);
      if (!Number.isFinite(loss)) throw new LoupeError('not-finite', `the loss is ${loss} at step ${step}`);
      const result: FusedResult = { ...figures, reconstruction: () => tf.add(x, wholeError(forward)) };
      // freed before the update, which would copy weights that are still read
      const extra = scoped(() => this.#form.diagnose?.(this.weights(), result));
      const square = this.#update(forward, x.shape[0], aux, lr, step);
      this.#afterStep(x, result, context);
      return {
        loss, auxLoss: aux?.loss ?? figures.penalty, fvu: figures.squaredError / this.#settings.variance, l0: figures.l0,
        gradientNorm: Math.sqrt(square), ...(extra === undefined ? {} : { extra }),
      };
    });
  }

  #context(step: number): LossContext {
    const { sizes, steps, variance, seed } = this.#settings;
    const dead = this.#form.afterStep === undefined ? new Int32Array(0) : this.#dead();
    const mask = new Float32Array(sizes.dSae);
    for (const latent of dead) mask[latent] = 1;
    const known = { dead: dead.length === 0 ? null : tf.tensor1d(mask), deadCount: dead.length };
    return { ...sizes, step, steps, variance, random: Random.from(seed, `noise of step ${step}`), ...known };
  }

  #dead(): Int32Array {
    return deadLatents(this.#parameters.sinceFired, this.#settings.deadWindow);
  }

  /** The tensors that read the weights are freed here, so that the update may write in place. */
  #forward(x: Tensor2D, context: LossContext): Forward {
    let forward: Forward | undefined;
    tf.tidy(() => {
      const weights = readWeights(this.#parameters);
      const encoded = this.#variant.centresInput ? (tf.sub(x, weights.bDec) as Tensor2D) : x;
      forward = fusedForward(this.#form, weights, x, encoded, context, this.#variant);
      return tensorsOf(forward);
    });
    return forward!;
  }

  #auxCoefficient(): number {
    return 'auxCoefficient' in this.#form ? this.#form.auxCoefficient : 0;
  }

  /** The auxiliary loss and its gradient, or null when nothing is dead. */
  #auxiliary(forward: Forward): Auxiliary | null {
    const form = this.#form;
    if (!('auxK' in form) || !('gradient' in forward) || form.auxK === 0 || form.auxCoefficient === 0) return null;
    const dead = this.#dead();
    if (dead.length === 0) return null;
    return auxiliary(this.#parameters, dead, wholeError(forward), forward.gradient.encoded, form.auxK, form.auxCoefficient);
  }

  /** Gives the squared norm of the gradient. */
  #update(forward: Forward, rows: number, aux: Auxiliary | null, lr: number, step: number): number {
    const { beta1, beta2, epsilon, clip } = this.#settings;
    const { unitDecoder, centresInput } = this.#variant;
    const settings = { lr, step: step + 1, beta1, beta2, epsilon };
    const { thresholdGradient } = forward;
    const otherSquare = thresholdGradient === null ? 0 : tf.sum(tf.square(thresholdGradient)).dataSync()[0]!;
    const options = { unitDecoder, centresInput, clip, otherSquare };
    const { square, factor } = 'gradient' in forward
      ? rowUpdate(this.#parameters, forward.gradient, aux?.gradient ?? null, settings, options)
      : denseUpdate(this.#parameters, forward.gradients, { fired: forward.fired, rows }, settings, options);
    if (thresholdGradient !== null) adam(this.#parameters.threshold!, tf.mul(thresholdGradient, factor), settings);
    return square;
  }

  #afterStep(x: Tensor2D, result: FusedResult, context: LossContext): void {
    if (this.#form.afterStep === undefined) return;
    const cells = this.#cells();
    const changed = this.#form.afterStep(readCells(cells), x, result, context);
    for (const [name, value] of Object.entries(changed)) cells[name]!.assign(value);
  }

  deadCount(): number {
    return this.#dead().length;
  }

  sinceFired(): Int32Array {
    return scoped(() => this.#parameters.sinceFired.read().dataSync<'int32'>().slice());
  }

  state(): Record<string, Tensor> {
    return readCells(this.#cells());
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    restoreCells(this.#cells(), state);
  }

  weights(): Weights {
    const { wEnc, wDec, bEnc, bDec, threshold } = this.#parameters;
    const cells = { ...this.#buffers, wEnc: wEnc.value, wDec: wDec.value, bEnc: bEnc.value, bDec: bDec.value };
    return readCells(threshold === null ? cells : { ...cells, threshold: threshold.value });
  }

  dispose(): void {
    disposeSparseParameters(this.#parameters);
    if (this.#parameters.threshold !== null) disposeAdamCell(this.#parameters.threshold);
    for (const cell of Object.values(this.#buffers)) cell.dispose();
  }

  #cells(): Record<string, Cell> {
    const cells: Record<string, Cell> = { ...this.#buffers, sinceFired: this.#parameters.sinceFired };
    for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec', 'threshold'] as const) {
      const parameter = this.#parameters[name];
      if (parameter === null) continue;
      const { value, m, v } = parameter;
      Object.assign(cells, { [name]: value, [`${name}.m`]: m, [`${name}.v`]: v });
    }
    return cells;
  }
}

/** reconstruction - x of the whole dictionary, float32 [rows, dIn]: of sparse codes what the last group receives. */
function wholeError(forward: Forward): Tensor2D {
  if (!('gradient' in forward)) return forward.error;
  const { error } = forward.gradient;
  const [groups, rows, dIn] = error.shape;
  return tf.reshape(tf.slice(error, [groups - 1, 0, 0], [1, rows, dIn]), [rows, dIn]) as Tensor2D;
}


function tensorsOf(forward: Forward): Tensor[] {
  const threshold = forward.thresholdGradient === null ? [] : [forward.thresholdGradient];
  if (!('gradient' in forward)) return [...threshold, ...Object.values(forward.gradients as unknown as Record<string, Tensor>), forward.fired, forward.error];
  const { codes, valueGradients, error, encoded } = forward.gradient;
  return [...threshold, codes.values, codes.indices, codes.offsets, valueGradients, error, encoded];
}
