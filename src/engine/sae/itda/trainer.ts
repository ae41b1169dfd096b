/** ITDA as a trainer: a step goes over one batch, and the dictionary has as many atoms as it found, up to dSae. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import type { StepReport, Trainer, TrainerSettings } from '../../train/trainer.ts';
import type { Batch, Weights } from '../definition.ts';
import { ItdaBuilder } from './builder.ts';
import type { BuilderSettings } from './builder.ts';

export class ItdaTrainer implements Trainer {
  readonly #builder: ItdaBuilder;
  readonly #settings: TrainerSettings;
  /** Tokens since each atom was last used, [dSae]. */
  #sinceFired: Int32Array;

  constructor(builder: BuilderSettings, settings: TrainerSettings) {
    const { dIn, dSae } = settings.sizes;
    this.#builder = new ItdaBuilder(dIn, dSae, builder);
    this.#settings = settings;
    this.#sinceFired = new Int32Array(dSae);
  }

  step({ x, origins }: Batch): StepReport {
    if (origins === undefined) {
      throw new LoupeError('unsupported', 'itda names each atom by the context and position it came from, which this source does not give: harvest a store, and train on that');
    }
    const rows = x.shape[0];
    // new atoms are as good as used
    const fired = new Uint8Array(this.#sinceFired.length).fill(1, this.#builder.dictionary.count);
    const { added, refused, error, active } = this.#builder.add(x, origins, (atom) => {
      fired[atom] = 1;
    });
    this.#sinceFired = this.#sinceFired.map((since, atom) => (fired[atom] === 1 ? 0 : Math.min(0x7fffffff, since + rows)));
    const fvu = error / (rows * this.#settings.variance);
    const extra = { atoms: this.#builder.dictionary.count, atomsAdded: added, atomsRefused: refused };
    return { loss: fvu, auxLoss: 0, fvu, l0: active / rows, gradientNorm: 0, extra };
  }

  deadCount(): number {
    return this.sinceFired().filter((since) => since >= this.#settings.deadWindow).length;
  }

  /** Of the atoms so far, int32 [atoms]. */
  sinceFired(): Int32Array {
    return this.#sinceFired.slice(0, this.#builder.dictionary.count);
  }

  state(): Record<string, Tensor> {
    return { ...this.weights(), sinceFired: tf.tensor1d(this.#sinceFired, 'int32') };
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    const { dIn, dSae } = this.#settings.sizes;
    const { wDec, labels, sinceFired } = state;
    if (wDec?.shape[1] !== dIn || wDec.shape[0]! > dSae || labels?.shape[0] !== wDec.shape[0] || sinceFired?.shape[0] !== dSae) {
      throw new LoupeError('mismatch', `the checkpoint has no dictionary of width ${dIn} with at most ${dSae} labelled atoms: it belongs to another run`);
    }
    this.#builder.restore(wDec.dataSync() as Float32Array, labels.dataSync());
    this.#sinceFired = sinceFired.dataSync().slice() as Int32Array;
  }

  /** wDec float32 [atoms, dIn], rows of norm 1; labels float32 [atoms, 2], the context and position that each row is: exact below 2^24. */
  weights(): Weights {
    const { dictionary: { atoms, count, d }, labels } = this.#builder;
    return { wDec: tf.tensor2d(atoms.slice(), [count, d]), labels: tf.tensor2d(Float32Array.from(labels), [count, 2]) };
  }

  dispose(): void {
    // holds no tensors
  }
}
