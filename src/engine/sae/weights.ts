/** The weights of a dictionary at rest: plain arrays in the canonical layout, whatever file they came from. */
import type { InferenceForm } from './definition.ts';

/** What is done to each input row before encoding, and undone on its reconstruction. */
export type InputNorm = 'none' | 'constant-norm' | 'layer-norm';

export interface DictionaryWeights {
  readonly dIn: number;
  readonly dSae: number;
  readonly form: InferenceForm;
  /** bDec is taken from the input before encoding. */
  readonly centresInput: boolean;
  readonly inputNorm: InputNorm;
  /** float32 [dSae, dIn]: a row a latent */
  readonly wEnc: Float32Array;
  /** float32 [dSae, dIn] */
  readonly wDec: Float32Array;
  /** float32 [dSae] */
  readonly bEnc: Float32Array;
  /** float32 [dIn] */
  readonly bDec: Float32Array;
}

/**
 * Weights trained on c * x as weights for x, with decoder rows as they are: biases and thresholds are divided by c, so that
 * reconstructions are the same and latents are 1/c of what they were (dictionary_learning's `scale_biases`).
 */
export function foldScale(weights: DictionaryWeights, scale: number): DictionaryWeights {
  const divide = (values: Float32Array): Float32Array => values.map((v) => v / scale);
  const { form } = weights;
  return {
    ...weights,
    bEnc: divide(weights.bEnc),
    bDec: divide(weights.bDec),
    form: form.kind === 'jumprelu' ? { ...form, threshold: divide(form.threshold) } : form,
  };
}

/** Selection and latents by norm-weighted values (SAELens `rescale_acts_by_decoder_norm`), as plain weights with unit decoder rows. */
export function foldDecoderNorm(weights: DictionaryWeights): DictionaryWeights {
  const { dIn, dSae } = weights;
  const [wEnc, wDec, bEnc] = [weights.wEnc.slice(), weights.wDec.slice(), weights.bEnc.slice()];
  for (let j = 0; j < dSae; j++) {
    let square = 0;
    for (let i = j * dIn; i < (j + 1) * dIn; i++) square += wDec[i]! ** 2;
    const norm = Math.sqrt(square);
    bEnc[j]! *= norm;
    for (let i = j * dIn; i < (j + 1) * dIn; i++) {
      wEnc[i]! *= norm;
      if (norm > 0) wDec[i]! /= norm;
    }
  }
  return { ...weights, wEnc, wDec, bEnc };
}

/** float32 [rows, columns] -> [columns, rows], in tiles that stay in the cache. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  const tile = 64;
  for (let r0 = 0; r0 < rows; r0 += tile) {
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const rEnd = Math.min(r0 + tile, rows);
      const cEnd = Math.min(c0 + tile, columns);
      for (let r = r0; r < rEnd; r++) for (let c = c0; c < cEnd; c++) out[c * rows + r] = values[r * columns + c]!;
    }
  }
  return out;
}
