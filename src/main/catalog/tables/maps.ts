/** `maps`: a place in the plane for each feature of a source, by the kind of map. */
import { asFloat32, bytesOf } from '../blobs.ts';
import { blob, integer, text } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';

export interface MapRow {
  readonly source: number;
  /** `umap` */
  readonly kind: string;
  /** JSON text: how it was made. */
  readonly options: string;
  /** float32 [features, 2] */
  readonly points: Float32Array;
  readonly createdAt: string;
}

/** Larger than any source's map: 16 M features. */
const maxBytes = 128 << 20;
const columns = 'source, kind, options, points, created_at';

function toMap(row: Record<string, unknown>): MapRow {
  return {
    source: integer(row, 'source'), kind: text(row, 'kind', 100), options: text(row, 'options', 20_000),
    points: asFloat32(blob(row, 'points', 8, maxBytes)), createdAt: text(row, 'created_at', 100),
  };
}

export function mapOf(db: ReadHandle, source: number, kind: string): MapRow | null {
  const row = db.get(`SELECT ${columns} FROM maps WHERE source = ? AND kind = ?`, source, kind);
  return row === undefined ? null : toMap(row);
}

/** The maps there are, without their points. */
export function mapNames(db: ReadHandle): { source: number; kind: string }[] {
  return db.all('SELECT source, kind FROM maps ORDER BY source, kind LIMIT 10000').map((row) => ({ source: integer(row, 'source'), kind: text(row, 'kind', 100) }));
}

/** Puts a map in the place of the one of its kind. */
export function putMap(db: WriteHandle, row: MapRow): void {
  db.run(
    `INSERT INTO maps (${columns}) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, kind) DO UPDATE SET options = excluded.options, points = excluded.points, created_at = excluded.created_at`,
    row.source, row.kind, row.options, bytesOf(row.points), row.createdAt,
  );
}
