/**
 * A trained dictionary, as everyone but the trainer sees it: something that turns activations into sparse codes and back.
 */
import type { UnitsFacts } from '../../shared/schema/units.ts';
import type { CorpusIdentity, ModelIdentity } from '../store/types.ts';

/** The kept latents of `rows` activations. Unused slots have value 0; their index is meaningless. */
export interface SparseCodes {
  readonly rows: number;
  /** Slots a row. */
  readonly width: number;
  /** int32 [rows * width] */
  readonly indices: Int32Array;
  /** float32 [rows * width] */
  readonly values: Float32Array;
}

/** `loupe.json` beside a dictionary: where it came from. */
export interface DictionaryProvenance {
  readonly format: 'loupe-dictionary';
  readonly version: 1;
  readonly variant: string;
  readonly model: ModelIdentity | null;
  readonly corpus: CorpusIdentity | null;
  readonly hookPoint: string;
  readonly contextLength: number;
  readonly prependBos: boolean;
  /** The resolved training config, every field. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly tokensSeen: number;
  readonly codeVersion: string;
  readonly backend: string;
  /** A triple that catches transposed or mis-scaled weights at load: float32, base64, little-endian. */
  readonly check: { readonly x: string; readonly latents: string; readonly reconstruction: string };
}

export interface Dictionary {
  readonly dIn: number;
  readonly dSae: number;
  /** dIn but for transcoders, which predict another hook. */
  readonly dOut: number;
  readonly provenance: DictionaryProvenance;
  /** Of dictionaries whose latents are the coordinates of what they read: the units of a layer (units-dictionary.ts). */
  readonly units?: UnitsFacts;
  /** Decoder rows, float32 [dSae, dOut]: the direction of each latent, in raw activation units. Empty for units that have none (`units.noDirection`). */
  readonly wDec: Float32Array;
  /** float32 [dOut] */
  readonly bDec: Float32Array;
  /** x float32 [rows, dIn] in raw activation units -> sparse codes. */
  encode(x: Float32Array, rows: number): SparseCodes;
  /** Codes of the rows x float32 [rows, dIn] -> their reconstruction float32 [rows, dOut]; x is for skip connections and norms taken at run time. */
  decode(codes: SparseCodes, x: Float32Array): Float32Array;
  /** x float32 [rows, dIn] -> reconstruction (or prediction) float32 [rows, dOut]: encode and decode without the codes in between. */
  reconstruct(x: Float32Array, rows: number): Float32Array;
  dispose(): void;
}
