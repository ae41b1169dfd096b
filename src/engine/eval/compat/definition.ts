/** A figure as another package computes it, by the package's name and version: for comparison with what it prints, never as our own. */
import type { CompatBatch } from './batch.ts';

export interface CompatSums {
  /** A batch of rows that count: several of these forms depend on how rows are batched. */
  add(batch: CompatBatch): void;
  /** By the package's own names. */
  result(): Readonly<Record<string, number>>;
}

export interface CompatForm {
  /** "compat.saelens_6_54" */
  readonly id: string;
  readonly title: string;
  /** Formula of each figure, by the package's own name; x: activation, y: reconstruction, f: latents, e = x - y. */
  readonly formulas: Readonly<Record<string, string>>;
  /** The result changes with the number of rows in a batch. */
  readonly batchDependent: boolean;
  readonly create: (dSae: number) => CompatSums;
}
