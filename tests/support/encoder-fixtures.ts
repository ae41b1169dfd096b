/** The tiny encoder of tests/parity/encoder_reference.py and what transformers makes of some texts. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const encoderFixtures = fileURLToPath(new URL('../parity/fixtures/encoders', import.meta.url));
export const tinyEncoder = `${encoderFixtures}/bert`;

export interface EncoderReference {
  readonly texts: readonly string[];
  /** With the special tokens, cut to what the encoder reads. */
  readonly ids: readonly (readonly number[])[];
  /** Unit vectors. */
  readonly vectors: readonly (readonly number[])[];
}

export function readEncoderReference(path: string): EncoderReference {
  return JSON.parse(readFileSync(path, 'utf8')) as EncoderReference;
}
