/**
 * What of an export's text is taken out. Tokens are replaced one by one, so that shading, peaks and lengths stay; labels and the tokens
 * that a feature raises or lowers are kept, and so may quote a word.
 */
import type { Redaction } from '../../../shared/schema/export.ts';
import type { VocabularyEntry } from '../../catalog/tables/models.ts';
import type { LabelRow } from '../../catalog/tables/labels.ts';
import type { ScoreRow } from '../../catalog/tables/scores.ts';

const kinds = ['word', 'number', 'punctuation', 'space', 'newline', 'bytes', 'other'] as const;

/** Stands for a token that is too far from a peak. */
const hidden = '‹…›';

/** Every text that can stand for a token; their places are their numbers. */
export const placeholders: readonly string[] = [hidden, ...kinds.flatMap((kind) => [`‹${kind}›`, ` ‹${kind}›`])];

function kindOf(text: string): (typeof kinds)[number] {
  if (/[\r\n]/.test(text)) return 'newline';
  if (/^\s*$/u.test(text)) return 'space';
  if (/^\s*(?:\\x[0-9A-Fa-f]{2})+$/.test(text)) return 'bytes';
  if (/\p{L}/u.test(text)) return 'word';
  if (/\p{N}/u.test(text)) return 'number';
  return /[\p{P}\p{S}]/u.test(text) ? 'punctuation' : 'other';
}

/** The number of the placeholder for a token's class: a leading space is part of it. */
function classPlaceholder(text: string): number {
  const place = kinds.indexOf(kindOf(text));
  const leading = text.startsWith(' ') && text.trim() !== '' ? 1 : 0;
  return 1 + 2 * place + leading;
}

/**
 * The number of the placeholder that stands for a token `distance` positions from the nearest peak; null where the token may stay.
 * Special tokens are no text and always stay.
 */
export function placeholderOf(redaction: Redaction, entry: VocabularyEntry, distance: number): number | null {
  if (entry.special || redaction.text === 'none') return null;
  if (redaction.text === 'classes') return classPlaceholder(entry.text);
  return redaction.text === 'around' && distance <= redaction.around ? null : 0;
}

/** True when what quotes examples beside them (notes of rules and models, details of scores) has to go as well. */
export function hidesText(redaction: Redaction): boolean {
  return redaction.text !== 'none';
}

/** A label without what the redaction takes out. Its words stay. */
export function redactLabel(redaction: Redaction, label: LabelRow): LabelRow {
  const quotes = hidesText(redaction) && label.kind !== 'manual';
  if (!redaction.people && !quotes) return label;
  return { ...label, author: redaction.people ? '' : label.author, notes: '' };
}

/** A score without its details, which may quote the windows that were judged. */
export function redactScore(redaction: Redaction, score: ScoreRow): ScoreRow {
  return hidesText(redaction) ? { ...score, details: '{}' } : score;
}

const looksLikePath = /^(?:\/|~|\.{1,2}[\\/]|[A-Za-z]:[\\/]|\\\\|file:)/;

/** A JSON value in which texts that are paths keep their last part. */
function withoutPaths(value: unknown): unknown {
  if (typeof value === 'string') return looksLikePath.test(value) ? value.split(/[\\/]/).filter((part) => part !== '').at(-1) ?? '' : value;
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutPaths(inner)]));
}

/** A source's provenance without folders' names, when people are to stay unnamed; what is no JSON goes altogether. */
export function redactProvenance(redaction: Redaction, provenance: string): string {
  if (!redaction.people) return provenance;
  try {
    return JSON.stringify(withoutPaths(JSON.parse(provenance)));
  } catch {
    return '{}';
  }
}
