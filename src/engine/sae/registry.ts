/** Every dictionary variant. A variant is one file in variants/ and one line here; its id is its name everywhere. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import type { AnyVariant } from './definition.ts';
import { absTopK } from './variants/abs-topk.ts';
import { batchTopK } from './variants/batch-topk.ts';
import { crosscoder } from './variants/crosscoder.ts';
import { endToEnd } from './variants/end-to-end.ts';
import { featureChoice } from './variants/feature-choice.ts';
import { gated } from './variants/gated.ts';
import { gba } from './variants/gba.ts';
import { gradientSae } from './variants/gradient.ts';
import { itda } from './variants/itda.ts';
import { jumprelu } from './variants/jumprelu.ts';
import { matchingPursuitSae } from './variants/matching-pursuit.ts';
import { matryoshka } from './variants/matryoshka.ts';
import { mutualChoice } from './variants/mutual-choice.ts';
import { pAnneal } from './variants/p-anneal.ts';
import { reluApril } from './variants/relu-april.ts';
import { relu } from './variants/relu.ts';
import { skipTranscoder } from './variants/skip-transcoder.ts';
import { switchSae } from './variants/switch.ts';
import { topAfa } from './variants/top-afa.ts';
import { topk } from './variants/topk.ts';
import { transcoder } from './variants/transcoder.ts';
import { tsae } from './variants/tsae.ts';
import { variational } from './variants/variational.ts';

/** Refuses two variants of one id: kind defect, when the module is loaded. */
export function checkedRegistry(list: readonly AnyVariant[]): readonly AnyVariant[] {
  const seen = new Set<string>();
  for (const { id } of list) {
    if (seen.has(id)) throw new LoupeError('defect', `two dictionary variants are called "${id}"`);
    seen.add(id);
  }
  return list;
}

export const registry = checkedRegistry([
  relu, reluApril, pAnneal,
  topk, batchTopK, matryoshka, switchSae,
  jumprelu, gated,
  mutualChoice, featureChoice, topAfa, absTopK, variational,
  gradientSae, matchingPursuitSae, gba, itda, tsae,
  transcoder, skipTranscoder, crosscoder, endToEnd,
]);

/** Kind bad-request for an unknown id, with the nearest and the list. */
export function variantById(id: string): AnyVariant {
  const found = registry.find((variant) => variant.id === id);
  if (found !== undefined) return found;
  const names = registry.map((variant) => variant.id);
  const near = nearestName(id, names);
  throw new LoupeError('bad-request', `there is no variant "${id}"${near === undefined ? '' : `; did you mean ${near}?`} The variants: ${names.join(', ')}`);
}
