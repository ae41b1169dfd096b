/**
 * The sparse codes of a store on disk, in blocks of contexts. Inside a block the firings are sorted by feature (and stay in row order),
 * so that all firings of any range of features are read with two slices a block, whatever the size of the store.
 *
 *     codes-00000.safetensors: offsets int32 [dSae + 1], rows int32 [firings], values float32 [firings]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { SafetensorsFile } from '../formats/safetensors.ts';
import type { SparseCodes } from '../sae/dictionary.ts';

/** The codes of rows [firstRow, firstRow + codes.rows) with their mask, uint8 [rows]. */
export interface CodedBatch {
  readonly firstRow: number;
  readonly codes: SparseCodes;
  readonly mask: Uint8Array;
}

/** Firings by feature: those of feature `first + i` are [offsets[i], offsets[i + 1]), in row order. */
export interface Firings {
  readonly first: number;
  /** Float64, so that more than 2^31 firings can be counted. [features + 1] */
  readonly offsets: Float64Array;
  /** int32 [firings]: context * contextLength + position */
  readonly rows: Int32Array;
  /** float32 [firings] */
  readonly values: Float32Array;
}

export function blockPath(folder: string, block: number): string {
  return join(folder, `codes-${String(block).padStart(5, '0')}.safetensors`);
}

export function hasBlock(folder: string, block: number): boolean {
  return existsSync(blockPath(folder, block));
}

/** Calls `visit` for each firing of an unmasked row. Kind not-finite for a value that is no number, defect for an index out of range. */
function eachFiring(batch: CodedBatch, dSae: number, visit: (feature: number, row: number, value: number) => void): void {
  const { rows, width, indices, values } = batch.codes;
  for (let row = 0; row < rows; row++) {
    if (batch.mask[row] === 0) continue;
    for (let slot = row * width; slot < (row + 1) * width; slot++) {
      const value = values[slot]!;
      if (value === 0) continue;
      const feature = indices[slot]!;
      if (!Number.isFinite(value)) throw new LoupeError('not-finite', `feature ${feature} is ${value} at row ${batch.firstRow + row} of the store. Check the dictionary and the activations.`);
      if (feature < 0 || feature >= dSae) throw new LoupeError('defect', `the dictionary gave feature ${feature} of ${dSae}`);
      visit(feature, batch.firstRow + row, value);
    }
  }
}

/** Sorts the firings of some batches by feature (counting sort, stable) and writes them as a block. */
export function writeBlock(folder: string, block: number, batches: readonly CodedBatch[], dSae: number): void {
  const offsets = new Int32Array(dSae + 1);
  let tokens = 0;
  for (const batch of batches) {
    tokens += batch.mask.reduce((a, b) => a + b, 0);
    eachFiring(batch, dSae, (feature) => { offsets[feature + 1]!++; });
  }
  for (let i = 0; i < dSae; i++) offsets[i + 1]! += offsets[i]!;
  const next = offsets.slice(0, dSae);
  const rows = new Int32Array(offsets[dSae]!);
  const values = new Float32Array(rows.length);
  for (const batch of batches) {
    eachFiring(batch, dSae, (feature, row, value) => {
      const at = next[feature]!++;
      rows[at] = row;
      values[at] = value;
    });
  }
  writeSafetensors(blockPath(folder, block), {
    offsets: { dtype: 'I32', shape: [dSae + 1], data: offsets }, rows: { dtype: 'I32', shape: [rows.length], data: rows },
    values: { dtype: 'F32', shape: [rows.length], data: values },
  }, { tokens: String(tokens) });
}

function eachBlock(folder: string, blocks: number, visit: (file: SafetensorsFile) => void): void {
  for (let block = 0; block < blocks; block++) {
    const file = openSafetensors(blockPath(folder, block));
    try {
      visit(file);
    } finally {
      file.close();
    }
  }
}

/** Firings of each feature over all blocks, float64 [dSae], those of each block, and the tokens that were counted. */
export function countFirings(folder: string, blocks: number, dSae: number): { counts: Float64Array; byBlock: number[]; tokens: number } {
  const counts = new Float64Array(dSae);
  const byBlock: number[] = [];
  let tokens = 0;
  eachBlock(folder, blocks, (file) => {
    tokens += Number(file.metadata['tokens']);
    const offsets = file.readInt32('offsets');
    byBlock.push(offsets[dSae]!);
    for (let i = 0; i < dSae; i++) counts[i]! += offsets[i + 1]! - offsets[i]!;
  });
  return { counts, byBlock, tokens };
}

/** The firings of one block as they lie in its file: of feature f, [offsets[f], offsets[f + 1]). */
export function readBlock(folder: string, block: number): { readonly offsets: Int32Array; readonly rows: Int32Array; readonly values: Float32Array } {
  const file = openSafetensors(blockPath(folder, block));
  try {
    return { offsets: file.readInt32('offsets'), rows: file.readInt32('rows'), values: file.readFloat32('values') };
  } finally {
    file.close();
  }
}

/** All firings of features [first, first + n), given how many each has. */
export function readFirings(folder: string, blocks: number, first: number, n: number, counts: Float64Array): Firings {
  const offsets = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = offsets[i]! + counts[first + i]!;
  const rows = new Int32Array(offsets[n]!);
  const values = new Float32Array(offsets[n]!);
  const next = offsets.slice(0, n);
  eachBlock(folder, blocks, (file) => {
    const slice = file.readInt32('offsets', first, n + 1);
    const begin = slice[0]!;
    const blockRows = file.readInt32('rows', begin, slice[n]! - begin);
    const blockValues = file.readFloat32('values', begin, slice[n]! - begin);
    for (let i = 0; i < n; i++) {
      const [from, to] = [slice[i]! - begin, slice[i + 1]! - begin];
      rows.set(blockRows.subarray(from, to), next[i]!);
      values.set(blockValues.subarray(from, to), next[i]!);
      next[i]! += to - from;
    }
  });
  return { first, offsets, rows, values };
}

/** Ranges of features [from, to) in [first, first + n) with at most `budget` firings each, but at least one feature. */
export function* rangesWithin(first: number, n: number, counts: Float64Array, budget: number): Generator<readonly [from: number, to: number]> {
  let from = first;
  let sum = 0;
  for (let feature = first; feature < first + n; feature++) {
    if (feature > from && sum + counts[feature]! > budget) {
      yield [from, feature];
      [from, sum] = [feature, 0];
    }
    sum += counts[feature]!;
  }
  if (from < first + n) yield [from, first + n];
}
