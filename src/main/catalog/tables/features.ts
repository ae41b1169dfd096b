/** `features` and `feature_details`: the sortable figures, and what the page of one feature shows beside its examples. */
import { LoupeError } from '../../../shared/errors.ts';
import { asUint32, bytesOf, limits, packPairs, unpackPairs } from '../blobs.ts';
import { blob, integer, integerOrNull, real, realOrNull, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface FeatureStatistics {
  readonly index: number;
  readonly firings: number;
  readonly density: number;
  readonly max: number;
  /** Mean activation where it fires. */
  readonly mean: number;
  /** Least activation where it fires below 0, else 0. */
  readonly min: number;
  /** What most of its strongest examples peak on (tokenClasses), or null. */
  readonly tokenClass: string | null;
}

export interface FeatureRecord extends FeatureStatistics {
  readonly label: string | null;
  readonly labelKind: string | null;
  readonly confidence: number | null;
  readonly family: string | null;
  readonly score: number | null;
  readonly notes: boolean;
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

const recordColumns = 'idx, firings, density, max, mean, min, token_class, label, label_kind, confidence, family, score, notes';

function toRecord(row: Row): FeatureRecord {
  return {
    index: integer(row, 'idx'), firings: integer(row, 'firings'), density: real(row, 'density'), max: real(row, 'max'), mean: real(row, 'mean'),
    min: real(row, 'min'), tokenClass: textOrNull(row, 'token_class', 100), family: textOrNull(row, 'family', 100), score: realOrNull(row, 'score'), notes: row['notes'] === 1,
    label: textOrNull(row, 'label', limits.label), labelKind: textOrNull(row, 'label_kind', 20), confidence: integerOrNull(row, 'confidence'),
  };
}

export function feature(db: ReadHandle, source: number, index: number): FeatureRecord | null {
  const row = db.get(`SELECT ${recordColumns} FROM features WHERE source = ? AND idx = ?`, source, index);
  return row === undefined ? null : toRecord(row);
}

/** What is known of a feature when its source is made; one that never fires below 0 may leave `min` out. */
export type NewFeature = Omit<FeatureStatistics, 'min' | 'tokenClass'> & Partial<Pick<FeatureStatistics, 'min' | 'tokenClass'>>;

export function addFeature(db: WriteHandle, source: number, row: NewFeature, details: FeatureDetails): void {
  db.run(
    'INSERT INTO features (source, idx, firings, density, max, mean, min, token_class) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    source, row.index, row.firings, row.density, row.max, row.mean, row.min ?? 0, row.tokenClass ?? null,
  );
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

/** The next revision of a source's features: every UPDATE of them sets `changed` to it, so that readers fetch only what changed. */
const nextRevision = 'changed = 1 + coalesce((SELECT max(changed) FROM features WHERE source = +? AND changed > 0), 0)';

/** How many features of a source have a revision that is no whole number from 0. */
export function strayRevisions(db: ReadHandle, source: number): number {
  return integer(db.get("SELECT count(*) AS n FROM features WHERE source = ? AND (typeof(changed) <> 'integer' OR changed NOT BETWEEN 0 AND ?)", source, Number.MAX_SAFE_INTEGER)!, 'n');
}

/** Keeps the copy of the current label, and of its `score`, that sorting and filtering use. */
export function setCurrentLabel(db: WriteHandle, source: number, index: number, label: CurrentLabel | null, score: number | null): void {
  db.run(
    `UPDATE features SET labelled = ?, label = ?, label_id = ?, label_kind = ?, confidence = ?, family = ?, notes = ?, score = ?, ${nextRevision} WHERE source = ? AND idx = ?`,
    label === null ? 0 : 1, label?.text ?? null, label?.id ?? null, label?.kind ?? null, label?.confidence ?? null,
    label === null || label.family === '' ? null : label.family, label === null || label.notes === '' ? 0 : 1, score, source, source, index,
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

/** Label, density and maximum of a feature, for lists of features from elsewhere; null where there is none. */
export function featureName(db: ReadHandle, source: number, index: number): { readonly label: string | null; readonly density: number; readonly max: number } | null {
  const row = db.get('SELECT label, density, max FROM features WHERE source = ? AND idx = ?', source, index);
  return row === undefined ? null : { label: textOrNull(row, 'label', limits.label), density: real(row, 'density'), max: real(row, 'max') };
}
