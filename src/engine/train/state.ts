/** The state of a trainer as named tensors. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { Cell } from '../ops/cell.ts';

/** The values of the cells; the caller disposes them. */
export function readCells(cells: Readonly<Record<string, Cell>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.read()]));
}

/** Sets each cell to its tensor. Kind mismatch, before anything has changed, where one is missing or of another shape. */
export function restoreCells(cells: Readonly<Record<string, Cell>>, state: Readonly<Record<string, Tensor>>): void {
  for (const [name, cell] of Object.entries(cells)) {
    const found = state[name];
    if (found?.shape.join() === cell.shape.join()) continue;
    const has = found === undefined ? 'nothing' : `[${found.shape.join(', ')}]`;
    throw new LoupeError('mismatch', `the checkpoint has ${has} for ${name}, and [${cell.shape.join(', ')}] is wanted: it belongs to another run`);
  }
  for (const [name, cell] of Object.entries(cells)) cell.assign(state[name]!);
}
