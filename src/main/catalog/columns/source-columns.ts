/**
 * The columns of a source as one reader keeps them in memory: figures from the packed columns (else from the rows), what labels gave from
 * the rows, orders and contexts as they are needed. After a commit only the features whose row changed are read again.
 *
 * 131,072 features take about 12 MB, their 5.9 million examples 24 MB.
 */
import { LoupeError } from '../../../shared/errors.ts';
import type { FeatureColumn, RangeColumn } from '../../../shared/schema/feature-query.ts';
import { labelKinds } from '../../../shared/schema/catalog.ts';
import type { ReadHandle } from '../handle.ts';
import { heldFeatures } from '../selection.ts';
import { changeStamp, changedLabelRows, featuresByLabel, labelAuthors, labelRows, lastChange } from '../tables/columns.ts';
import type { SourceRow } from '../tables/sources.ts';
import { argsort, places } from './argsort.ts';
import { Coder, figuresOfRows, mostFeatures, packedContexts, packedFigure, packedTokenClass } from './packed.ts';
import type { Codes, ContextLists, FigureName, Figures } from './packed.ts';

/** What labels gave, each [features]; NaN or 0 where there is nothing. */
export interface LabelColumns {
  readonly labelled: Uint8Array;
  /** The id of the current label, -1 without one. */
  readonly labelId: Float64Array;
  /** 0 for none, else 1 + a place in `labelKinds`. */
  readonly kind: Uint8Array;
  readonly confidence: Float64Array;
  readonly score: Float64Array;
  readonly notes: Uint8Array;
  readonly family: Codes;
}

/** Indices in rising order of a column; `absent` have nothing there and come last in either direction. */
export interface Order {
  readonly present: Int32Array;
  readonly absent: Int32Array;
}

const labelColumns: ReadonlySet<string> = new Set(['label', 'family', 'score', 'confidence', 'notes']);
const numberOr = (cell: unknown, other: number): number => (typeof cell === 'number' ? cell : other);

export class SourceColumns {
  readonly source: SourceRow;
  readonly #db: ReadHandle;
  readonly #orders = new Map<FeatureColumn, Order>();
  readonly #packed = new Map<FigureName, Float64Array>();
  readonly #coder = new Coder();
  #rows: Figures | null = null;
  #present: Uint8Array | null = null;
  #tokenClass: Codes | null = null;
  #labels: LabelColumns | null = null;
  #authors: readonly (string | undefined)[] | null = null;
  #featureOfLabel: Map<number, number> | null = null;
  #contexts: ContextLists | null | undefined;
  #revision: number;
  /** Results that follow from the columns as they are; emptied when they change. */
  readonly results = new Map<string, unknown>();

  constructor(db: ReadHandle, source: SourceRow) {
    this.#db = db;
    this.source = source;
    this.#revision = lastChange(db, source.id);
  }

  /** Reads again what changed since the last time. False when too much did: a build has gone on. */
  catchUp(source: SourceRow): boolean {
    if (!source.complete || !this.source.complete || source.features !== this.source.features) return false;
    this.results.clear();
    const revision = lastChange(this.#db, source.id);
    if (revision === this.#revision) return true;
    if (this.#labels !== null) for (const row of changedLabelRows(this.#db, source.id, this.#revision)) this.#putLabel(this.#labels, row);
    this.#revision = revision;
    for (const column of labelColumns) this.#orders.delete(column as FeatureColumn);
    this.#authors = null;
    this.#featureOfLabel = null;
    return true;
  }

  /** float64 [features]; NaN where a feature is not there yet. */
  figure(name: FigureName): Float64Array {
    if (!this.source.complete) return this.#figures().columns[name];
    const column = this.#packed.get(name) ?? packedFigure(this.#db, this.source, name) ?? this.#figures().columns[name];
    this.#packed.set(name, column);
    return column;
  }

  /** A column that ranges bound, float64 [features], NaN for nothing. */
  range(name: RangeColumn): Float64Array {
    if (name === 'score' || name === 'confidence') return this.labels()[name];
    return name === 'index' ? new Float64Array(places(this.source.features)) : this.figure(name);
  }

  tokenClass(): Codes {
    if (!this.source.complete) return this.#figures().tokenClass;
    return this.#tokenClass ??= packedTokenClass(this.#db, this.source) ?? this.#figures().tokenClass;
  }

  /** uint8 [features]: whether the row is there (a build may go on, a file may hold a selection); null when all are. */
  present(): Uint8Array | null {
    if (!this.source.complete) return this.#figures().present;
    if (heldFeatures(this.source) === this.source.features) return null;
    return this.#present ??= Uint8Array.from(this.figure('density'), (density) => (Number.isNaN(density) ? 0 : 1));
  }

  labels(): LabelColumns {
    if (this.#labels === null) {
      const n = this.source.features;
      const labels: LabelColumns = {
        labelled: new Uint8Array(n), labelId: new Float64Array(n).fill(-1), kind: new Uint8Array(n), confidence: new Float64Array(n).fill(NaN),
        score: new Float64Array(n).fill(NaN), notes: new Uint8Array(n), family: { codes: new Uint16Array(n), names: this.#coder.names },
      };
      for (const row of labelRows(this.#db, this.source.id)) this.#putLabel(labels, row);
      this.#labels = labels;
    }
    return this.#labels;
  }

  #putLabel(labels: LabelColumns, [index, labelled, labelId, kind, confidence, family, score, notes]: readonly unknown[]): void {
    const i = numberOr(index, -1);
    if (!(i >= 0 && i < this.source.features)) return;
    labels.labelled[i] = labelled === 1 ? 1 : 0;
    labels.labelId[i] = numberOr(labelId, -1);
    labels.kind[i] = 1 + labelKinds.findIndex((name) => name === kind);
    labels.confidence[i] = numberOr(confidence, NaN);
    labels.score[i] = numberOr(score, NaN);
    labels.notes[i] = notes === 1 ? 1 : 0;
    labels.family.codes[i] = this.#coder.code(family);
  }

  /** The author of each feature's current label. */
  authors(): readonly (string | undefined)[] {
    if (this.#authors === null) {
      const authors = new Array<string | undefined>(this.source.features);
      for (const [index, author] of labelAuthors(this.#db, this.source.id)) if (typeof index === 'number' && index < authors.length && typeof author === 'string') authors[index] = author;
      this.#authors = authors;
    }
    return this.#authors;
  }

  /** The feature whose current label has this id; undefined for labels of other sources. */
  featureOfLabel(id: number): number | undefined {
    if (this.#featureOfLabel === null) {
      const { labelId } = this.labels();
      const map = new Map<number, number>();
      for (let i = 0; i < labelId.length; i++) if (labelId[i]! >= 0) map.set(labelId[i]!, i);
      this.#featureOfLabel = map;
    }
    return this.#featureOfLabel.get(id);
  }

  /** The packed contexts of each feature; null where there are none, and rows must be asked. */
  contexts(): ContextLists | null {
    if (this.#contexts === undefined) this.#contexts = this.source.complete ? packedContexts(this.#db, this.source) : null;
    return this.#contexts;
  }

  order(column: FeatureColumn): Order {
    let order = this.#orders.get(column);
    if (order === undefined) this.#orders.set(column, order = this.#sorted(column));
    return order;
  }

  #sorted(column: FeatureColumn): Order {
    if (column === 'index') return { present: places(this.source.features), absent: new Int32Array(0) };
    const present = column === 'label' ? Int32Array.from(featuresByLabel(this.#db, this.source.id)).filter((i) => i >= 0 && i < this.source.features) : argsort(this.#keys(column));
    return { present, absent: this.#others(present) };
  }

  /** What a column is sorted by, float64 [features]; NaN for nothing. */
  #keys(column: Exclude<FeatureColumn, 'label'>): Float64Array {
    switch (column) {
      case 'family': return rankOfNames(this.labels().family);
      case 'tokenClass': return rankOfNames(this.tokenClass());
      case 'notes': return Float64Array.from(this.labels().notes);
      case 'dead': return this.figure('density').map((density) => Number(density === 0));
      default: return this.range(column);
    }
  }

  /** The rows that are there and not in `listed`, by index. */
  #others(listed: Int32Array): Int32Array {
    const { features } = this.source;
    const left = this.present()?.slice() ?? new Uint8Array(features).fill(1);
    for (let i = 0; i < listed.length; i++) left[listed[i]!] = 0;
    const out = new Int32Array(features);
    let n = 0;
    for (let i = 0; i < features; i++) if (left[i] === 1) out[n++] = i;
    return out.slice(0, n);
  }

  #figures(): Figures {
    return this.#rows ??= figuresOfRows(this.#db, this.source);
  }
}

/** The place of each name in the order of names; NaN for none. */
function rankOfNames({ codes, names }: Codes): Float64Array {
  const ranks = new Float64Array(names.length + 1).fill(NaN);
  names.map((name, i) => ({ name, code: i + 1 })).sort((a, b) => a.name.localeCompare(b.name, 'en')).forEach(({ code }, rank) => { ranks[code] = rank; });
  const out = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = ranks[codes[i]!]!;
  return out;
}

interface Kept {
  columns: SourceColumns;
  stamp: string;
}

const kept = new WeakMap<ReadHandle, Map<number, Kept>>();

/** The columns of `source` as the handle sees them now. Call inside a snapshot. Kind bad-file for a source that claims more than 16.8 M features. */
export function columnsOf(db: ReadHandle, source: SourceRow): SourceColumns {
  if (source.features > mostFeatures) throw new LoupeError('bad-file', `source ${source.id} claims ${source.features} features; Loupe lists at most ${mostFeatures}. Run \`loupe catalog verify\` on the file.`);
  let bySource = kept.get(db);
  if (bySource === undefined) kept.set(db, bySource = new Map());
  const stamp = changeStamp(db);
  const known = bySource.get(source.id);
  if (known !== undefined && (known.stamp === stamp || known.columns.catchUp(source))) {
    known.stamp = stamp;
    return known.columns;
  }
  const columns = new SourceColumns(db, source);
  bySource.set(source.id, { columns, stamp });
  return columns;
}
