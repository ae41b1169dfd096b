/** A batch of a source as tensors in scaled units. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch, Readout, Sizes } from '../sae/definition.ts';
import type { DataFigures } from './prepare.ts';
import type { ActivationBatch } from './source.ts';

/** A batch on the backend, in scaled units; the caller disposes it by `disposeBatch`. */
export function batchTensors(batch: ActivationBatch, sizes: Sizes, figures: Pick<DataFigures, 'inputScale' | 'outputScale'>): Batch {
  const { rows, readout, origins } = batch;
  const tensors = tf.tidy(() => ({
    x: scaled(batch.x, rows, sizes.dIn, figures.inputScale),
    ...(batch.y === undefined ? {} : { y: scaled(batch.y, rows, sizes.dOut, figures.outputScale) }),
    ...(batch.gradient === undefined ? {} : { gradient: unitMeanNorm(tf.tensor2d(batch.gradient, [rows, sizes.dIn])) }),
  }) as { x: Tensor2D; y?: Tensor2D; gradient?: Tensor2D });
  const { x, y = x, gradient = null } = tensors;
  return { x, y, gradient, readout: readout === undefined ? null : scaledReadout(readout, figures.inputScale), ...(origins === undefined ? {} : { origins }) };
}

export function disposeBatch({ x, y, gradient }: Batch): void {
  tf.dispose([x, ...(y === x ? [] : [y]), ...(gradient === null ? [] : [gradient])]);
}

function scaled(values: Float32Array, rows: number, d: number, scale: Float32Array): Tensor2D {
  const raw = tf.tensor2d(values, [rows, d]);
  const one = scale.every((factor) => factor === scale[0]);
  return tf.mul(raw, one ? scale[0]! : tf.tensor1d(scale)) as Tensor2D;
}

/** Gradients differ by orders of magnitude between tokens and hooks: mean norm 1 over the batch. */
function unitMeanNorm(gradient: Tensor2D): Tensor2D {
  const norm = tf.mean(tf.norm(gradient, 2, 1)).dataSync()[0]!;
  return norm > 0 ? tf.div(gradient, norm) : gradient;
}

function scaledReadout(readout: Readout, inputScale: Float32Array): Readout {
  const { original } = readout;
  return { run: (x) => readout.run(tf.div(x, tf.tensor1d(inputScale))), ...(original === undefined ? {} : { original }) };
}
