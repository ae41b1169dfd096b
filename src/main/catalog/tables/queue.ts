/** Which features of a source are to be looked at, over `features`, `labels`, `reviews` and `list_items`. Indices, in the order of the queue. */
import type { ReadHandle, SqlValue } from '../handle.ts';

function indices(db: ReadHandle, sql: string, ...values: readonly SqlValue[]): number[] {
  const found: number[] = [];
  for (const [index] of db.each(sql, ...values)) if (typeof index === 'number') found.push(index);
  return found;
}

const notReviewed = 'NOT EXISTS (SELECT 1 FROM reviews r WHERE r.source = f.source AND r.feature = f.idx AND r.author = ?)';

/** Not labelled by anybody, and not set aside by `author`. Dead ones are left out unless `dead`. */
export function unlabelledFeatures(db: ReadHandle, source: number, author: string, dead: boolean): number[] {
  return indices(db, `SELECT f.idx FROM features f WHERE f.source = ? AND f.label_kind IS NOT 'manual' AND (f.density > 0 OR ?) AND ${notReviewed} ORDER BY f.idx`, source, dead ? 1 : 0, author);
}

/** Not labelled by `author`, whoever else did: what a second rater goes through. */
export function notLabelledBy(db: ReadHandle, source: number, author: string, dead: boolean): number[] {
  return indices(
    db,
    `SELECT f.idx FROM features f WHERE f.source = ? AND (f.density > 0 OR ?) AND ${notReviewed} AND NOT EXISTS
      (SELECT 1 FROM labels l WHERE l.source = f.source AND l.feature = f.idx AND l.author = ? AND l.kind = 'manual' AND l.undone_at IS NULL) ORDER BY f.idx`,
    source, dead ? 1 : 0, author, author,
  );
}

export function reviewedFeatures(db: ReadHandle, source: number, author: string, state: string): number[] {
  return indices(db, 'SELECT feature FROM reviews WHERE source = ? AND author = ? AND state = ? ORDER BY feature', source, author, state);
}

/** Features whose current label is a rule's or a model's with a score of at most `most` or none at all; the worst first. */
export function machineLabelled(db: ReadHandle, source: number, most: number): number[] {
  return indices(db, "SELECT idx FROM features WHERE source = ? AND label_kind IN ('rule', 'model') AND (score IS NULL OR score <= ?) ORDER BY score, idx", source, most);
}

export function listedFeatures(db: ReadHandle, source: number, list: number): number[] {
  return indices(db, 'SELECT feature FROM list_items WHERE list = ? AND source = ? ORDER BY place, feature', list, source);
}

export function allFeatures(db: ReadHandle, source: number, dead: boolean): number[] {
  return indices(db, 'SELECT idx FROM features WHERE source = ? AND (density > 0 OR ?) ORDER BY idx', source, dead ? 1 : 0);
}

/** The scores of features whose current label is a rule's or a model's, rising. */
export function machineScores(db: ReadHandle, source: number): number[] {
  const found: number[] = [];
  for (const [score] of db.each("SELECT score FROM features WHERE source = ? AND label_kind IN ('rule', 'model') AND score IS NOT NULL ORDER BY score", source)) {
    if (typeof score === 'number') found.push(score);
  }
  return found;
}
