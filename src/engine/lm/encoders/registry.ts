/** Every family of sentence encoders. To add one: a file in this folder, and a line here. */
import { LoupeError } from '../../../shared/errors.ts';
import { bert } from './bert.ts';
import type { EncoderFamily } from './definition.ts';

export const encoderFamilies: readonly EncoderFamily[] = [bert];

/** The family of a config.json's `model_type`. Kind unsupported names those that there are. */
export function encoderFamily(modelType: unknown, path: string): EncoderFamily {
  const found = encoderFamilies.find((family) => family.modelTypes.some((name) => name === modelType));
  if (found !== undefined) return found;
  const known = encoderFamilies.flatMap((family) => family.modelTypes).join(', ');
  throw new LoupeError('unsupported', `${path} has the model_type ${JSON.stringify(modelType ?? null)}. Sentence encoders that Loupe computes: ${known}. Choose such a folder, all-MiniLM-L6-v2 for example.`);
}
