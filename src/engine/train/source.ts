/** Where training takes its activations from: stores on disk, or a model that runs as training goes. */
import type { Readout } from '../sae/definition.ts';
import type { CorpusIdentity, ModelIdentity } from '../store/types.ts';

/** What a dictionary's provenance says of its data. */
export interface SourceIdentity {
  readonly model: ModelIdentity | null;
  readonly corpus: CorpusIdentity | null;
  readonly hookPoint: string;
  /** tokens */
  readonly contextLength: number;
  readonly prependBos: boolean;
}

/** A place in the data, as JSON. Seeking there and reading on gives the same rows, bit for bit. */
export type SourcePosition = Readonly<Record<string, number | string | readonly number[]>>;

/** A batch in raw activation units. */
export interface ActivationBatch {
  /** float32 [rows, dIn] */
  readonly x: Float32Array;
  readonly rows: number;
  /** Where a row came from, in words, for an error message. */
  readonly originOf: (row: number) => string;
  /** Context and position of each row in the data, int32 [rows, 2]: the same for every hook and model of one corpus. Absent where rows have no such place. */
  readonly origins?: Int32Array;
  /** Sources of pairs only: targets float32 [rows, dOut], raw units. */
  readonly y?: Float32Array;
  /** Sources with gradients only: d loss / d x, float32 [rows, dIn], raw units. */
  readonly gradient?: Float32Array;
  /** Sources that run a model only: takes x in raw units. */
  readonly readout?: Readout;
}

/** Consecutive held-out rows, masked ones too. */
export interface HeldOutRows {
  /** float32 [rows, dIn], raw units */
  readonly x: Float32Array;
  readonly rows: number;
  /** 1 where a row counts; uint8 [rows] */
  readonly mask: Uint8Array;
  /** Sources of pairs only: targets float32 [rows, dOut]. */
  readonly y?: Float32Array;
}

export interface ActivationSource {
  /** All sources side by side together. */
  readonly dIn: number;
  /** Width of the targets of pairs; absent: dIn. */
  readonly dOut?: number;
  /** Activations side by side in x; absent: 1. */
  readonly sources?: number;
  readonly identity: SourceIdentity;
  /** About `rows` rows spread over the training data, masked ones left out: for the scale and the centre. Does not move. */
  sample(rows: number): Promise<Float32Array>;
  /** Sources of pairs only: the targets of the rows that `sample(rows)` gives. */
  sampleTargets?(rows: number): Promise<Float32Array>;
  /** The next shuffled batch of training rows; never masked ones, never held-out ones. Its memory is the source's own until the next call. */
  next(rows: number): Promise<ActivationBatch>;
  /** The place after the last batch. */
  readonly position: SourcePosition;
  seek(position: SourcePosition): Promise<void>;
  /** The held-out rows, in order, in parts of bounded size. */
  heldOut(): AsyncIterable<HeldOutRows>;
  close(): void;
}
