/** Every compat form, by name. */
import type { CompatForm } from './definition.ts';
import { dictionaryLearning } from './dictionary-learning.ts';
import { openaiNmse } from './openai.ts';
import { saelens618, saelens654, saelensLegacy } from './saelens.ts';
import { sparsify } from './sparsify.ts';

export const compatForms: readonly CompatForm[] = [saelens654, saelens618, saelensLegacy, dictionaryLearning, sparsify, openaiNmse];

if (new Set(compatForms.map(({ id }) => id)).size !== compatForms.length) throw new Error('two compat forms have one id');
