/**
 * The TopK training step without a dense gradient: one encoder product with selection, sparse decode, and an in-place update
 * of the rows (design.md section 2). The auxiliary loss (Gao et al. 2024, arXiv 2406.04093, appendix A.2) works on the dead
 * latents' own small matrices.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { createAdamCell } from '../ops/adam.ts';
import { createCell } from '../ops/cell.ts';
import type { Cell } from '../ops/cell.ts';
import { disposeSparseParameters, rowUpdate } from '../ops/row-update.ts';
import type { ExtraGradient, SparseGradient, SparseParameters } from '../ops/row-update.ts';
import { scoped } from '../ops/scope.ts';
import { sparseDecode } from '../ops/sparse-decode.ts';
import { encodeTopK, topKDense } from '../ops/top-k.ts';
import type { Batch, FusedForm, Weights } from '../sae/definition.ts';
import { totalVariance } from '../sae/parts.ts';
import { deadLatents } from './dead-latents.ts';
import { readCells, restoreCells } from './state.ts';
import type { StepReport, Trainer, TrainerSettings } from './trainer.ts';

/** Entries of the dead latents' pre-activations that are computed at a time. */
const auxEntries = 8 * 1024 * 1024;

interface Forward extends SparseGradient {
  readonly rowErrors: Tensor1D;
}

export class FusedTrainer implements Trainer {
  readonly #parameters: SparseParameters;
  readonly #form: FusedForm;
  readonly #settings: TrainerSettings;
  readonly #unitDecoder: boolean;

  /** Copies `weights`: wEnc, wDec [dSae, dIn], bEnc [dSae], bDec [dIn]. */
  constructor(weights: Weights, form: FusedForm, unitDecoder: boolean, settings: TrainerSettings) {
    const cell = (name: string): ReturnType<typeof createAdamCell> => createAdamCell(weights[name]!);
    const dSae = weights['wEnc']!.shape[0]!;
    const never = tf.zeros([dSae], 'int32');
    this.#parameters = { wEnc: cell('wEnc'), wDec: cell('wDec'), bEnc: cell('bEnc'), bDec: cell('bDec'), sinceFired: createCell(never) };
    never.dispose();
    this.#form = form;
    this.#settings = settings;
    this.#unitDecoder = unitDecoder;
  }

  step({ x }: Batch, lr: number, step: number): StepReport {
    const { beta1, beta2, epsilon, clip } = this.#settings;
    return scoped(() => {
      const forward = this.#forward(x);
      const fvu = (tf.mean(forward.rowErrors) as Scalar).dataSync()[0]! / this.#settings.variance;
      const aux = this.#auxiliary(forward);
      const loss = fvu + this.#form.auxCoefficient * (aux?.loss ?? 0);
      if (!Number.isFinite(loss)) throw new LoupeError('not-finite', `the loss is ${loss} at step ${step}`);
      const square = rowUpdate(this.#parameters, forward, aux?.gradient ?? null, { lr, step: step + 1, beta1, beta2, epsilon }, {
        unitDecoder: this.#unitDecoder, clip,
      });
      const active = tf.sum(tf.cast(tf.greater(forward.codes.values, 0), 'float32')).dataSync()[0]!;
      return { loss, auxLoss: aux?.loss ?? 0, fvu, l0: active / x.shape[0], gradientNorm: Math.sqrt(square) };
    });
  }

  /** The tensors that read the weights are freed here, so that the update may write in place. */
  #forward(x: Tensor2D): Forward {
    const { wEnc, wDec, bEnc, bDec } = this.#parameters;
    const errorScale = 2 / (x.shape[0] * this.#settings.variance);
    const tensors = tf.tidy(() => {
      const centred = tf.sub(x, bDec.value.read()) as Tensor2D;
      const codes = encodeTopK(centred, wEnc.value.read() as Tensor2D, bEnc.value.read() as Tensor1D, this.#form.k);
      const decoded = sparseDecode(codes, wDec.value.read() as Tensor2D, bDec.value.read() as Tensor1D, x, errorScale);
      return { ...decoded, codes, centred };
    });
    return { ...tensors, errorScale };
  }

  /** The auxiliary loss and its gradient, or null when nothing is dead. */
  #auxiliary(forward: Forward): { readonly loss: number; readonly gradient: ExtraGradient } | null {
    const { auxK, auxCoefficient } = this.#form;
    if (auxK === 0 || auxCoefficient === 0) return null;
    const dead = deadLatents(this.#parameters.sinceFired, this.#settings.deadWindow);
    if (dead.length === 0) return null;
    const latents = tf.tensor1d(dead, 'int32');
    const variance = (totalVariance(forward.error) as Scalar).dataSync()[0]!;
    if (!(variance > 0)) return null;
    const { wEnc, wDec, bEnc } = this.#parameters;
    const rows = [wEnc, wDec, bEnc].map((cell) => tf.tidy(() => tf.gather(cell.value.read(), latents))) as [Tensor2D, Tensor2D, Tensor1D];
    const { loss, gradients } = auxiliaryGradient(rows, forward, Math.min(auxK, dead.length));
    const factor = auxCoefficient / variance;
    const [gEnc, gDec, gBias] = gradients.map((gradient) => tf.mul(gradient, factor)) as [Tensor2D, Tensor2D, Tensor1D];
    return { loss: loss / variance, gradient: { latents, wEnc: gEnc, wDec: gDec, bEnc: gBias } };
  }

  sinceFired(): Int32Array {
    return scoped(() => this.#parameters.sinceFired.read().dataSync() as Int32Array);
  }

  deadCount(): number {
    return deadLatents(this.#parameters.sinceFired, this.#settings.deadWindow).length;
  }

  state(): Record<string, Tensor> {
    return readCells(this.#cells());
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    restoreCells(this.#cells(), state);
  }

  weights(): Weights {
    const { wEnc, wDec, bEnc, bDec } = this.#parameters;
    return { wEnc: wEnc.value.read(), wDec: wDec.value.read(), bEnc: bEnc.value.read(), bDec: bDec.value.read() };
  }

  dispose(): void {
    disposeSparseParameters(this.#parameters);
  }

  #cells(): Record<string, Cell> {
    const cells: Record<string, Cell> = { sinceFired: this.#parameters.sinceFired };
    for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
      const { value, m, v } = this.#parameters[name];
      Object.assign(cells, { [name]: value, [`${name}.m`]: m, [`${name}.v`]: v });
    }
    return cells;
  }
}

/**
 * Sum |e - e'|^2 and its gradient with respect to the dead latents' encoder rows, decoder rows and biases, where e is what the
 * dictionary left over and e' = TopK_aux(ReLU(u)) wDec. Rows in parts, so that memory stays bounded.
 */
function auxiliaryGradient(
  [wEnc, wDec, bEnc]: readonly [Tensor2D, Tensor2D, Tensor1D], forward: SparseGradient, kept: number,
): { readonly loss: number; readonly gradients: Tensor[] } {
  const [rows, dIn] = forward.error.shape;
  const part = Math.max(1, Math.floor(auxEntries / bEnc.shape[0]));
  let total: Tensor[] | null = null;
  let loss = 0;
  for (let first = 0; first < rows; first += part) {
    const count = Math.min(part, rows - first);
    const sums: Tensor[] = tf.tidy(() => {
      const left = tf.neg(tf.slice(forward.error, [first, 0], [count, dIn]));
      const centred = tf.slice(forward.centred, [first, 0], [count, dIn]) as Tensor2D;
      const squared = (enc: Tensor, dec: Tensor, bias: Tensor): Scalar => {
        const u = tf.add(tf.matMul(centred, enc as Tensor2D, false, true), bias) as Tensor2D;
        const latents = kept < bEnc.shape[0] ? topKDense(u, kept) : tf.relu(u);
        return tf.sum(tf.squaredDifference(left, tf.matMul(latents, dec as Tensor2D)));
      };
      const { value, grads } = tf.valueAndGrads(squared as (...args: Tensor[]) => Scalar)([wEnc, wDec, bEnc]);
      loss += value.dataSync()[0]!;
      return total === null ? grads : grads.map((gradient, i) => tf.add(gradient, total![i]!));
    });
    total?.forEach((tensor) => tensor.dispose());
    total = sums;
  }
  return { loss, gradients: total ?? [] };
}
