/**
 * A catalog may hold a selection of a source's features, under their own indices: an export of some of them, or a source that somebody
 * else published in part. Its provenance says so under `selection`, and how many there are.
 */
import { LoupeError } from '../../shared/errors.ts';
import type { SourceRow } from './tables/sources.ts';

export interface SelectionNote {
  /** How many features the file holds of the source's. */
  readonly features: number;
  readonly [fact: string]: unknown;
}

function parsed(provenance: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(provenance);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : { before: value };
  } catch {
    return { before: provenance };
  }
}

/** `provenance` with the note. Kind defect for a note that counts no features. */
export function withSelection(provenance: string, note: SelectionNote): string {
  if (!Number.isSafeInteger(note.features) || note.features < 0) throw new LoupeError('defect', `a selection of ${note.features} features`);
  return JSON.stringify({ ...parsed(provenance), selection: note });
}

/** How many features a complete source holds in this file: all of them, or those of its selection. */
export function heldFeatures(source: Pick<SourceRow, 'features' | 'provenance'>): number {
  const { selection } = parsed(source.provenance);
  const held = typeof selection === 'object' && selection !== null ? (selection as Record<string, unknown>)['features'] : undefined;
  return typeof held === 'number' && Number.isSafeInteger(held) && held >= 0 && held <= source.features ? held : source.features;
}
