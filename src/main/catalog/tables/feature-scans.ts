/** Whole-source scans of `features` and `feature_details`: what maps and their colours are made of. */
import { limits, unpackPairs } from '../blobs.ts';
import { blob, integer } from '../cells.ts';
import type { ReadHandle } from '../handle.ts';
import type { Effects } from './features.ts';

export interface NeighbourRow extends Effects {
  readonly index: number;
}

/** The stored neighbours of each feature in index order. Nothing else may run on the handle meanwhile. */
export function* neighbourRows(db: ReadHandle, source: number): Generator<NeighbourRow> {
  for (const [index, neighbours] of db.each('SELECT idx, neighbours FROM feature_details WHERE source = ? ORDER BY idx', source)) {
    const row = { index, neighbours };
    yield { index: integer(row, 'index'), ...unpackPairs(blob(row, 'neighbours', 8, 8 * limits.effects)) };
  }
}

const tenths = (value: number): string => `${(Math.floor(Math.min(0.999, Math.max(0, value)) * 5) / 5).toFixed(1)} and more`;

/** The class of a cell in words, or null for none. */
const classOf = {
  labelled: (value: unknown) => (value === 1 ? 'labelled' : 'unlabelled'),
  family: (value: unknown) => (typeof value === 'string' && value !== '' ? value.slice(0, 100) : null),
  tokenClass: (value: unknown) => (typeof value === 'string' && value !== '' ? value.slice(0, 100) : null),
  /** Fifths of a score from 0 to 1. */
  score: (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? tenths(value) : null),
} as const;

const sql = {
  labelled: 'SELECT idx, labelled FROM features WHERE source = ?',
  family: 'SELECT idx, family FROM features WHERE source = ?',
  tokenClass: 'SELECT idx, token_class FROM features WHERE source = ?',
  score: 'SELECT idx, score FROM features WHERE source = ?',
} as const;

/** The class of each of `features` features in words; null where it has none. */
export function classColumn(db: ReadHandle, source: number, features: number, by: keyof typeof sql): (string | null)[] {
  const out = new Array<string | null>(features).fill(null);
  for (const [index, value] of db.each(sql[by], source)) if (typeof index === 'number' && index >= 0 && index < features) out[index] = classOf[by](value);
  return out;
}
