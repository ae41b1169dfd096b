/** Prints a digest of what the native ops of sparse training make of fixed inputs: for comparing runs with different numbers of threads. */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { createAdamCell } from '../../src/engine/ops/adam.ts';
import { createCell } from '../../src/engine/ops/cell.ts';
import { pursuitGradient } from '../../src/engine/ops/matching-pursuit.ts';
import { rowUpdate } from '../../src/engine/ops/row-update.ts';
import type { SparseParameters } from '../../src/engine/ops/row-update.ts';
import { codesAbove, largestCodes } from '../../src/engine/ops/sparse-codes.ts';
import { sparseDecode } from '../../src/engine/ops/sparse-decode.ts';
import { Random } from '../../src/engine/random.ts';

await loadBackend();
const [rows, n, d] = [500, 700, 70];
const random = Random.from(1);
const matrix = (height: number, width: number): Tensor2D => tf.tensor2d(random.normals(height * width), [height, width]);
const hash = createHash('sha256');
const add = (...tensors: Tensor[]): void => tensors.forEach((tensor) => hash.update(new Uint8Array(tensor.dataSync().slice().buffer)));

// no matrix product: whether that depends on the number of threads is the runtime's affair
const codes = largestCodes(codesAbove(matrix(rows, n), tf.zeros([n]), tf.zeros([n])), 20 * rows);
const [wDec, wEnc, x] = [matrix(n, d), matrix(n, d), matrix(rows, d)];
const groups = { ends: [100, n], weights: [1, 0.5] };
const decoded = sparseDecode(codes, wDec, tf.zeros([d]), x, { groups, scale: 0.1, all: true });
add(codes.values, codes.indices, codes.offsets, decoded.error, decoded.valueGradients, decoded.rowErrors);
const parameters: SparseParameters = {
  wEnc: createAdamCell(wEnc), wDec: createAdamCell(wDec), bEnc: createAdamCell(tf.zeros([n])), bDec: createAdamCell(tf.zeros([d])),
  sinceFired: createCell(tf.zeros([n], 'int32')),
};
const gradient = { ...decoded, codes, groups, encoded: x, errorScale: 0.1, normPenalty: 0.2 };
const options = { unitDecoder: true, centresInput: true, otherSquare: 0, clip: 1 };
const { square } = rowUpdate(parameters, gradient, null, { lr: 0.01, step: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, options);
for (const cell of [parameters.wEnc, parameters.wDec, parameters.bEnc, parameters.bDec]) add(cell.value.read(), cell.m.read(), cell.v.read());
const trace = { coefficients: matrix(rows, 5), atoms: tf.tensor2d(Int32Array.from({ length: rows * 5 }, () => random.integer(n)), [rows, 5], 'int32'), residual: x };
add(...pursuitGradient(trace, wDec, { dLatents: null, dResidual: matrix(rows, d) }));
console.log(hash.update(String(square)).digest('hex'));
