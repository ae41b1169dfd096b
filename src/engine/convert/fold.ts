/** Changes of weights that leave latents and reconstructions as they are, for formats that cannot hold them as they came. */
import { LoupeError } from '../../shared/errors.ts';
import { describe } from '../formats/sae-lens.ts';
import type { DictionaryWeights, PlainForm } from '../sae/weights.ts';

/** wEnc bDec, float64 [dSae]: what taking bDec from the input takes from the pre-activations. */
function centreProducts({ wEnc, bDec, dIn, dSae }: DictionaryWeights): Float64Array {
  const products = new Float64Array(dSae);
  for (let j = 0; j < dSae; j++) {
    let sum = 0;
    for (let i = 0; i < dIn; i++) sum += wEnc[j * dIn + i]! * bDec[i]!;
    products[j] = sum;
  }
  return products;
}

/**
 * The same function with (or without) bDec taken from the input: u = (x - b) W + c = x W + (c - b W). Exact up to rounding, which is that of
 * one float32 addition. Kind unsupported where a form has no encoder bias (matching pursuit), or bDec is of another space.
 */
export function withCentring(weights: DictionaryWeights, centred: boolean): DictionaryWeights {
  const { form, dIn, dOut, centresInput } = weights;
  if (centresInput === centred) return weights;
  if (form.kind === 'matching-pursuit' || dIn !== dOut) {
    throw new LoupeError('unsupported', `b_dec cannot be moved ${centred ? 'into' : 'out of'} the input of ${describe(weights)}.`);
  }
  const products = centreProducts(weights);
  const sign = centred ? 1 : -1;
  const moved = (bias: Float32Array, factor: (j: number) => number = () => 1): Float32Array => bias.map((value, j) => value + sign * factor(j) * products[j]!);
  const folded: PlainForm = form.kind === 'gated'
    ? { ...form, bGate: moved(form.bGate), bMag: moved(form.bMag, (j) => Math.exp(form.rMag[j]!)) } : form;
  return { ...weights, centresInput: centred, form: folded, bEnc: form.kind === 'gated' ? weights.bEnc : moved(weights.bEnc) };
}

/** JumpReLU with thresholds 0 is ReLU: for formats that know only the former. Other forms as they are. */
export function asJumpRelu(weights: DictionaryWeights): DictionaryWeights {
  return weights.form.kind === 'relu' ? { ...weights, form: { kind: 'jumprelu', threshold: new Float32Array(weights.dSae) } } : weights;
}

/** Refuses what a format cannot hold: kind unsupported, with the reason. */
export function requireHolds(format: string, weights: DictionaryWeights, problems: Readonly<Record<string, boolean>>): void {
  const found = Object.entries(problems).filter(([, present]) => present).map(([problem]) => problem);
  if (found.length === 0) return;
  throw new LoupeError('unsupported', `${format} cannot hold this dictionary (${describe(weights)}): ${found.join('; ')}. The conversion would change what it computes, so nothing was written.`);
}
