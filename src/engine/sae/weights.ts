/** The weights of a dictionary at rest: plain arrays in the canonical layout, whatever file they came from. */
import type { InferenceForm } from './definition.ts';

/** What is done to each input row before encoding, and undone on its reconstruction. */
export type InputNorm = 'none' | 'constant-norm' | 'layer-norm';

/** Forms that need no code of a variant. */
export type PlainForm = Exclude<InferenceForm, { readonly kind: 'own' }>;

export interface DictionaryWeights {
  readonly dIn: number;
  readonly dSae: number;
  /** dIn but for transcoders. */
  readonly dOut: number;
  readonly form: PlainForm;
  /** bDec is taken from the input before encoding. */
  readonly centresInput: boolean;
  readonly inputNorm: InputNorm;
  /** float32 [dSae, dIn]: a row a latent */
  readonly wEnc: Float32Array;
  /** float32 [dSae, dOut] */
  readonly wDec: Float32Array;
  /** float32 [dSae] */
  readonly bEnc: Float32Array;
  /** float32 [dOut] */
  readonly bDec: Float32Array;
  /** Of a skip transcoder: y gets wSkip x, float32 [dOut, dIn]; null otherwise. */
  readonly wSkip: Float32Array | null;
}

/**
 * Weights trained on c * x (with targets d * y) as weights for x and y, with encoder rows as they are: thresholds and encoder biases are divided
 * by c, so that latents are 1/c of what they were (dictionary_learning's `scale_biases`), and the decoder is multiplied by c / d.
 * Reconstructions are those of the trained weights, divided by d. bDec that is taken from the input is of the input's scale: c = d there.
 */
export function foldScale(weights: DictionaryWeights, inputScale: number, outputScale = inputScale): DictionaryWeights {
  const divide = (values: Float32Array, by = inputScale): Float32Array => values.map((v) => v / by);
  const ratio = inputScale / outputScale;
  const stretch = (values: Float32Array): Float32Array => (ratio === 1 ? values : values.map((v) => v * ratio));
  return {
    ...weights,
    form: foldForm(weights.form, divide),
    wDec: stretch(weights.wDec),
    wSkip: weights.wSkip === null ? null : stretch(weights.wSkip),
    bEnc: divide(weights.bEnc),
    bDec: divide(weights.bDec, outputScale),
  };
}

function foldForm(form: PlainForm, divide: (values: Float32Array) => Float32Array): PlainForm {
  if (form.kind === 'jumprelu') return { ...form, threshold: divide(form.threshold) };
  if (form.kind === 'gated') return { ...form, bGate: divide(form.bGate), bMag: divide(form.bMag) };
  if (form.kind === 'matching-pursuit') return { ...form, tolerance: divide(Float32Array.of(form.tolerance))[0]! };
  return form;
}

/**
 * Unit decoder rows, their norms moved into encoder, biases and thresholds: the same reconstruction, latents times the norm. For TopK this is
 * selection by norm-weighted values (SAELens `rescale_acts_by_decoder_norm`), not the same function.
 */
export function foldDecoderNorm(weights: DictionaryWeights): DictionaryWeights {
  const { dIn, dOut, dSae, form } = weights;
  const [wEnc, wDec, bEnc, norms] = [weights.wEnc.slice(), weights.wDec.slice(), weights.bEnc.slice(), new Float32Array(dSae)];
  for (let j = 0; j < dSae; j++) {
    let square = 0;
    for (let i = j * dOut; i < (j + 1) * dOut; i++) square += wDec[i]! ** 2;
    const norm = Math.sqrt(square);
    norms[j] = norm;
    bEnc[j]! *= norm;
    for (let i = j * dIn; i < (j + 1) * dIn; i++) wEnc[i]! *= norm;
    if (norm > 0) for (let i = j * dOut; i < (j + 1) * dOut; i++) wDec[i]! /= norm;
  }
  const times = (values: Float32Array): Float32Array => values.map((v, j) => v * norms[j]!);
  const folded: PlainForm = form.kind === 'jumprelu' ? { ...form, threshold: times(form.threshold) }
    : form.kind === 'gated' ? { ...form, bGate: times(form.bGate), bMag: times(form.bMag) } : form;
  return { ...weights, form: folded, wEnc, wDec, bEnc };
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
