/** `sources` and `builds`: feature spaces, and how far their making has come. */
import { limits } from '../blobs.ts';
import { integer, integerOrNull, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface SourceRow {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly model: number;
  readonly modelName: string;
  readonly modelHash: string;
  readonly store: number;
  readonly hookPoint: string;
  readonly layer: number | null;
  readonly dictionaryHash: string | null;
  readonly features: number;
  readonly tokens: number;
  readonly dead: number;
  readonly complete: boolean;
  readonly provenance: string;
}

/** With what takes ms to count in a large source, and is not asked for with every read. */
export interface CountedSource extends SourceRow {
  readonly labelled: number;
}

export interface BuildRow {
  readonly source: number;
  readonly key: string;
  readonly chunks: number;
  readonly chunksDone: number;
  readonly contextsDone: number;
}

const columns = `s.id, s.kind, s.name, s.model, m.name AS model_name, m.hash AS model_hash, s.store, s.hook_point, s.layer, s.dictionary_hash,
  s.features, s.tokens, s.dead, s.complete, s.provenance`;
const labelled = '(SELECT count(*) FROM features f WHERE f.source = s.id AND f.labelled = 1) AS labelled';

function toSource(row: Row): SourceRow {
  return {
    id: integer(row, 'id'), kind: text(row, 'kind', 200), name: text(row, 'name', 1000), model: integer(row, 'model'),
    modelName: text(row, 'model_name', 1000), modelHash: text(row, 'model_hash', 200), store: integer(row, 'store'),
    hookPoint: text(row, 'hook_point', 200), layer: integerOrNull(row, 'layer'), dictionaryHash: textOrNull(row, 'dictionary_hash', 200),
    features: integer(row, 'features'), tokens: integer(row, 'tokens'), dead: integer(row, 'dead'),
    complete: integer(row, 'complete') === 1, provenance: text(row, 'provenance', limits.provenance),
  };
}

export function sources(db: ReadHandle): CountedSource[] {
  return db.all(`SELECT ${columns}, ${labelled} FROM sources s JOIN models m ON m.id = s.model ORDER BY s.id LIMIT 10000`).map((row) => ({ ...toSource(row), labelled: integer(row, 'labelled') }));
}

export function source(db: ReadHandle, id: number): SourceRow | null {
  const row = db.get(`SELECT ${columns} FROM sources s JOIN models m ON m.id = s.model WHERE s.id = ?`, id);
  return row === undefined ? null : toSource(row);
}

export type NewSource = Omit<SourceRow, 'id' | 'modelName' | 'modelHash'>;

export function addSource(db: WriteHandle, row: NewSource): number {
  return db.run(
    `INSERT INTO sources (kind, name, model, store, hook_point, layer, dictionary_hash, features, tokens, dead, complete, provenance)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.kind, row.name, row.model, row.store, row.hookPoint, row.layer, row.dictionaryHash, row.features, row.tokens, row.dead,
    row.complete ? 1 : 0, row.provenance,
  ).id;
}

export function setProvenance(db: WriteHandle, id: number, provenance: string): void {
  db.run('UPDATE sources SET provenance = ? WHERE id = ?', provenance, id);
}

export function completeSource(db: WriteHandle, id: number): void {
  db.run('UPDATE sources SET complete = 1, dead = (SELECT count(*) FROM features WHERE source = ? AND density = 0) WHERE id = ?', id, id);
}

export function findBuild(db: ReadHandle, key: string): BuildRow | null {
  const row = db.get('SELECT source, key, chunks, chunks_done, contexts_done FROM builds WHERE key = ?', key);
  if (row === undefined) return null;
  return {
    source: integer(row, 'source'), key: text(row, 'key', 200), chunks: integer(row, 'chunks'),
    chunksDone: integer(row, 'chunks_done'), contextsDone: integer(row, 'contexts_done'),
  };
}

export function addBuild(db: WriteHandle, build: Pick<BuildRow, 'source' | 'key' | 'chunks'>, startedAt: string): void {
  db.run('INSERT INTO builds (source, key, chunks, chunks_done, contexts_done, started_at) VALUES (?, ?, ?, 0, 0, ?)', build.source, build.key, build.chunks, startedAt);
}

export function advanceBuild(db: WriteHandle, source: number, done: { readonly chunks: number; readonly contexts: number }): void {
  db.run('UPDATE builds SET chunks_done = ?, contexts_done = ? WHERE source = ?', done.chunks, done.contexts, source);
}

export function finishBuild(db: WriteHandle, source: number, finishedAt: string): void {
  db.run('UPDATE builds SET finished_at = ? WHERE source = ?', finishedAt, source);
}

/** Removes a source with all that hangs on it. Returns the ids of its labels, which the text index may still hold. */
export function removeSource(db: WriteHandle, id: number): number[] {
  const labels = db.all('SELECT id FROM labels WHERE source = ?', id).map((row) => integer(row, 'id'));
  db.run('DELETE FROM sources WHERE id = ?', id);
  return labels;
}
