/** What is special about the form of a language model: what follows the choice of data, and what stands in fields that are left empty. Pure. */
import type { LmPlan } from '../../../../shared/schema/lm.ts';

type Texts = Readonly<Record<string, string>>;

/** Games have an alphabet and sizes of their own; text has bytes. */
const chess = { tokenizer: 'chess', preset: 'desktop-chess' };
const other = { tokenizer: 'bytes', preset: 'desktop-text' };

/** What else changes when the data does: tokenizer and preset follow it as long as they are those that went with the data before. */
export function followData(before: Texts, data: string): Texts {
  const [from, to] = data.trim() === 'chess' ? [other, chess] : [chess, other];
  const changed: Record<string, string> = {};
  for (const name of ['tokenizer', 'preset'] as const) if (before[name] === from[name]) changed[name] = to[name];
  return changed;
}

/** The values that empty fields stand for, by key. */
export function placeholdersOf(plan: LmPlan | null): Texts {
  if (plan === null) return {};
  const { layers, dModel, heads, context } = plan.sizes;
  const sizes = Object.entries({ layers, dModel, heads, context, tiedEmbeddings: plan.tiedEmbeddings, ...Object.fromEntries(Object.entries(plan.layer).map(([name, value]) => [`layer.${name}`, value])) });
  return Object.fromEntries(sizes.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]])));
}
