/** `features` and `feature_details`: the sortable figures, and what the page of one feature shows beside its examples. */
import { LoupeError } from '../../../shared/errors.ts';
import type { FeatureColumn, FeatureFilter } from '../../../shared/schema/catalog.ts';
import { asUint32, bytesOf, limits, packPairs, unpackPairs } from '../blobs.ts';
import { blob, integer, integerOrNull, real, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, SqlValue, WriteHandle } from '../handle.ts';

export interface FeatureStatistics {
  readonly index: number;
  readonly firings: number;
  readonly density: number;
  readonly max: number;
  readonly mean: number;
}

export interface FeatureRecord extends FeatureStatistics {
  readonly label: string | null;
  readonly labelKind: string | null;
  readonly confidence: number | null;
}

export interface Effects {
  /** int32 [n] */
  readonly ids: Int32Array;
  /** float32 [n] */
  readonly values: Float32Array;
}

export interface FeatureDetails {
  readonly low: number;
  readonly high: number;
  /** uint32 [bins] */
  readonly histogram: Uint32Array;
  /** uint32 [groups]: firings by fifth of (0, max], highest first */
  readonly bins: Uint32Array;
  readonly logits: Effects;
  readonly neighbours: Effects;
}

const recordColumns = 'idx, firings, density, max, mean, label, label_kind, confidence';

function toRecord(row: Row): FeatureRecord {
  return {
    index: integer(row, 'idx'), firings: integer(row, 'firings'), density: real(row, 'density'), max: real(row, 'max'), mean: real(row, 'mean'),
    label: textOrNull(row, 'label', limits.label), labelKind: textOrNull(row, 'label_kind', 20), confidence: integerOrNull(row, 'confidence'),
  };
}

export interface FeatureQuery {
  readonly source: number;
  readonly sort: FeatureColumn;
  readonly descending: boolean;
  readonly filter: FeatureFilter;
  /** FTS5 queries over labels and over contexts; null for all features. */
  readonly match: { readonly labels: string; readonly contexts: string } | null;
  readonly offset: number;
  readonly limit: number;
}

const comparisons = { densityMin: 'density >= ?', densityMax: 'density <= ?', maxMin: 'max >= ?', maxMax: 'max <= ?' } as const;

const matches = `(idx IN (SELECT l.feature FROM labels_fts f CROSS JOIN labels l ON l.id = f.rowid WHERE labels_fts MATCH ? AND l.source = ?)
  OR idx IN (SELECT e.feature FROM contexts_fts c CROSS JOIN examples e ON e.context = c.rowid AND e.source = ? WHERE contexts_fts MATCH ?))`;

function conditions(query: FeatureQuery): { where: string; values: SqlValue[] } {
  const parts = ['source = ?'];
  const values: SqlValue[] = [query.source];
  for (const [name, sql] of Object.entries(comparisons)) {
    const value = query.filter[name as keyof typeof comparisons];
    if (value === undefined) continue;
    parts.push(sql);
    values.push(value);
  }
  if (query.filter.labelled !== undefined) parts.push(query.filter.labelled ? 'labelled = 1' : 'labelled = 0');
  if (query.filter.dead !== undefined) parts.push(query.filter.dead ? 'density = 0' : 'density > 0');
  if (query.match !== null) {
    parts.push(matches);
    values.push(query.match.labels, query.source, query.source, query.match.contexts);
  }
  return { where: parts.join(' AND '), values };
}

/** Unlabelled features come last in both directions of a sort by label. */
function order(sort: FeatureColumn, descending: boolean): string {
  const way = descending ? 'DESC' : 'ASC';
  const by = { index: `idx ${way}`, density: `density ${way}, idx ${way}`, max: `max ${way}, idx ${way}`, mean: `mean ${way}, idx ${way}`, label: '' } as const;
  return sort === 'label' ? `labelled DESC, label COLLATE NOCASE ${way}, idx ASC` : by[sort];
}

/** One page of features, and how many there are in all. The page is chosen on a covering index, then joined to its texts. */
export function featurePage(db: ReadHandle, query: FeatureQuery): { total: number; rows: FeatureRecord[] } {
  const { where, values } = conditions(query);
  const by = order(query.sort, query.descending);
  const page = `SELECT idx FROM features WHERE ${where} ORDER BY ${by} LIMIT ? OFFSET ?`;
  const rows = db.all(page, ...values, query.limit, query.offset).map((row) => listedFeature(db, query.source, integer(row, 'idx')));
  return { total: countFeatures(db, where, values), rows };
}

/** A feature that an index lists; an index that says otherwise than its table is damaged. */
function listedFeature(db: ReadHandle, source: number, index: number): FeatureRecord {
  const found = feature(db, source, index);
  if (found === null) throw new LoupeError('bad-file', `${db.path}: an index lists feature ${index} of source ${source}, which is not there. \`loupe catalog verify\` says more; fetch the file again.`);
  return found;
}

function countFeatures(db: ReadHandle, where: string, values: readonly SqlValue[]): number {
  return integer(db.get(`SELECT count(*) AS n FROM features WHERE ${where}`, ...values)!, 'n');
}

export function feature(db: ReadHandle, source: number, index: number): FeatureRecord | null {
  const row = db.get(`SELECT ${recordColumns} FROM features WHERE source = ? AND idx = ?`, source, index);
  return row === undefined ? null : toRecord(row);
}

/** A whole column in index order, float32 [features]; NaN where a feature is not there (an incomplete build). */
export function featureColumn(db: ReadHandle, source: number, features: number, name: 'density' | 'max' | 'mean'): Float32Array {
  const sql = { density: 'SELECT idx, density FROM features WHERE source = ?', max: 'SELECT idx, max FROM features WHERE source = ?', mean: 'SELECT idx, mean FROM features WHERE source = ?' }[name];
  const out = new Float32Array(features).fill(NaN);
  for (const [index, value] of db.each(sql, source)) if (typeof index === 'number' && index < features) out[index] = Number(value);
  return out;
}

export function addFeature(db: WriteHandle, source: number, row: FeatureStatistics, details: FeatureDetails): void {
  db.run('INSERT INTO features (source, idx, firings, density, max, mean) VALUES (?, ?, ?, ?, ?, ?)', source, row.index, row.firings, row.density, row.max, row.mean);
  db.run(
    'INSERT INTO feature_details (source, idx, low, high, histogram, bins, logits, neighbours) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    source, row.index, details.low, details.high, bytesOf(details.histogram), bytesOf(details.bins),
    packPairs(details.logits.ids, details.logits.values), packPairs(details.neighbours.ids, details.neighbours.values),
  );
}

export function featureDetails(db: ReadHandle, source: number, index: number): FeatureDetails {
  const row = db.get('SELECT low, high, histogram, bins, logits, neighbours FROM feature_details WHERE source = ? AND idx = ?', source, index);
  if (row === undefined) throw new LoupeError('bad-file', `${db.path}: feature ${index} of source ${source} has no details.`);
  return {
    low: real(row, 'low'), high: real(row, 'high'),
    histogram: asUint32(blob(row, 'histogram', 4, 4 * limits.histogramBins)),
    bins: asUint32(blob(row, 'bins', 4, 4 * limits.groups)),
    logits: unpackPairs(blob(row, 'logits', 16, 16 * limits.effects)),
    neighbours: unpackPairs(blob(row, 'neighbours', 8, 8 * limits.effects)),
  };
}

/** Indices after `after`, in order: for walking over all features of a source in pages. */
export function featuresAfter(db: ReadHandle, source: number, after: number, limit: number): FeatureRecord[] {
  return db.all(`SELECT ${recordColumns} FROM features WHERE source = ? AND idx > ? ORDER BY idx LIMIT ?`, source, after, limit).map(toRecord);
}

export interface CurrentLabel {
  readonly id: number;
  readonly text: string;
  readonly kind: string;
  readonly confidence: number | null;
  readonly family: string;
  readonly notes: string;
}

/** Keeps the copy of the current label, and of its `score`, that sorting and filtering use. */
export function setCurrentLabel(db: WriteHandle, source: number, index: number, label: CurrentLabel | null, score: number | null): void {
  db.run(
    'UPDATE features SET labelled = ?, label = ?, label_id = ?, label_kind = ?, confidence = ?, family = ?, notes = ?, score = ? WHERE source = ? AND idx = ?',
    label === null ? 0 : 1, label?.text ?? null, label?.id ?? null, label?.kind ?? null, label?.confidence ?? null,
    label === null || label.family === '' ? null : label.family, label === null || label.notes === '' ? 0 : 1, score, source, index,
  );
}

/** The copies that `setCurrentLabel` keeps, as one text to compare: what is stored must be what the history says. */
export function labelCopies(db: ReadHandle, source: number, index: number): string {
  const row = db.get('SELECT label, label_id, label_kind, confidence, family, notes, score FROM features WHERE source = ? AND idx = ?', source, index);
  return row === undefined ? '' : copiesText([row['label'], row['label_id'], row['label_kind'], row['confidence'], row['family'], row['notes'], row['score']]);
}

/** What the copies of a label should be. */
export function expectedCopies(label: CurrentLabel | null, score: number | null): string {
  if (label === null) return copiesText([null, null, null, null, null, 0, null]);
  return copiesText([label.text, label.id, label.kind, label.confidence, label.family === '' ? null : label.family, label.notes === '' ? 0 : 1, score]);
}

function copiesText(cells: readonly unknown[]): string {
  return JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' || cell instanceof Uint8Array ? 'no such value' : cell)));
}

export function labelText(db: ReadHandle, source: number, index: number): string | null {
  const row = db.get('SELECT label FROM features WHERE source = ? AND idx = ?', source, index);
  return row === undefined || row['label'] === null ? null : text(row, 'label', limits.label);
}
