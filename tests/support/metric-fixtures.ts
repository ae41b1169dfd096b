/** Batches of activations, latents and reconstructions with the figures that other packages print for them (tests/parity/metrics_reference.py). */
import { readFileSync } from 'node:fs';
import { countedBatch } from '../../src/engine/eval/compat/batch.ts';
import type { CompatForm } from '../../src/engine/eval/compat/definition.ts';
import type { SparseCodes } from '../../src/engine/sae/dictionary.ts';

export interface ReferenceCase {
  readonly d: number;
  readonly n: number;
  readonly batches: readonly { readonly rows: number; readonly x: string; readonly f: string; readonly y: string }[];
  /** By package, then by the package's own name. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export type ReferenceCases = Readonly<Record<'rectified' | 'signed', ReferenceCase>>;

export function floatsOf(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function readCases(name: string): ReferenceCases {
  return JSON.parse(readFileSync(new URL(`../parity/fixtures/metrics/${name}.json`, import.meta.url), 'utf8')) as ReferenceCases;
}

/** Dense latents [rows, n] with a slot for each. */
export function slotsOf(f: Float32Array, rows: number): SparseCodes {
  const width = f.length / rows;
  return { rows, width, values: f, indices: Int32Array.from(f, (_, i) => i % width) };
}

/** What a compat form gives for a case. */
export function figuresOf(form: CompatForm, { d, n, batches }: ReferenceCase): Readonly<Record<string, number>> {
  const sums = form.create(n);
  for (const { rows, x, f, y } of batches) {
    sums.add(countedBatch({ x: floatsOf(x), y: floatsOf(y), codes: slotsOf(floatsOf(f), rows), d, mask: new Uint8Array(rows).fill(1) }));
  }
  return sums.result();
}

/** A dictionary, tokens, and what SAELens says it costs resources/tiny-llama. */
export type DownstreamReference = Readonly<Record<'W_enc' | 'W_dec' | 'b_enc' | 'hook', string>> & {
  readonly tokens: readonly number[];
  readonly contexts: number;
  readonly d: number;
  readonly n: number;
  readonly figures: Readonly<Record<string, number>>;
};

export function readDownstream(): DownstreamReference {
  return JSON.parse(readFileSync(new URL('../parity/fixtures/metrics/downstream.json', import.meta.url), 'utf8')) as DownstreamReference;
}
