/** Seeded histories of work on one catalog by several people: labels set and taken back, remarks, lists, reviews, scores. */
import type { Random } from '../../src/engine/random.ts';
import type { WriteHandle } from '../../src/main/catalog/handle.ts';
import { makeCurrent } from '../../src/main/catalog/labelling.ts';
import { currentLabel } from '../../src/main/catalog/tables/labels.ts';
import { addPeopleRow, changePeopleRow, peopleRows, peopleTableNames } from '../../src/main/catalog/tables/people.ts';
import type { Values } from '../../src/main/catalog/tables/people.ts';
import { smallCatalog } from './small-catalog.ts';

/** A clock that all teammates share, so that their steps have an order; 1 s a step. */
export interface Clock {
  seconds: number;
}

export const at = (clock: Clock): string => new Date(Date.parse('2026-03-01T00:00:00Z') + 1000 * clock.seconds++).toISOString();

const words = ['red', 'green', 'blue', 'warm', 'cold'] as const;

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(list.length)]!;
}

export function setLabelAt(db: WriteHandle, row: { uid: string; feature: number; text: string; author: string; created_at: string; kind?: string }): void {
  const before = currentLabel(db, 1, row.feature);
  addPeopleRow(db, 'labels', { source: 1, kind: 'manual', confidence: 3, notes: '', family: '', resolution: 0, undone_at: null, ...row });
  makeCurrent(db, 1, row.feature, before, currentLabel(db, 1, row.feature));
}

function undo(db: WriteHandle, feature: number, time: string): void {
  const before = currentLabel(db, 1, feature);
  if (before === null) return;
  const row = peopleRows(db, 'labels').get(JSON.stringify([before.uid]))!;
  changePeopleRow(db, 'labels', { ...row, undone_at: time });
  makeCurrent(db, 1, feature, before, currentLabel(db, 1, feature));
}

const steps: readonly ((db: WriteHandle, author: string, time: string, uid: string, random: Random) => void)[] = [
  (db, author, time, uid, random) => setLabelAt(db, { uid, feature: random.integer(3), text: pick(words, random), author, created_at: time, kind: random.uniform() < 0.3 ? 'rule' : 'manual' }),
  (db, author, time, uid, random) => setLabelAt(db, { uid, feature: random.integer(3), text: pick(words, random), author, created_at: time }),
  (db, _author, time, _uid, random) => undo(db, random.integer(3), time),
  (db, author, time, uid, random) => addPeopleRow(db, 'comments', { uid, source: 1, feature: random.integer(3), text: pick(words, random), author, created_at: time, deleted_at: null }),
  (db, author, time, uid, random) => {
    addPeopleRow(db, 'lists', { uid, name: pick(words, random), notes: '', author, created_at: time, deleted_at: null });
    addPeopleRow(db, 'list_items', { list: uid, source: 1, feature: random.integer(3), place: 1, note: '', author, created_at: time });
  },
  (db, author, time, uid, random) => {
    const labels = [...peopleRows(db, 'labels').keys()];
    if (labels.length === 0) return;
    const [label] = JSON.parse(pick(labels, random)) as [string];
    addPeopleRow(db, 'scores', { uid, label, scorer: 'detection', value: random.uniform(), low: null, high: null, n: 10, negatives: 'random', judge: author, prompt_hash: '', created_at: time, details: '{}' });
    for (let feature = 0; feature < 3; feature++) makeCurrent(db, 1, feature, currentLabel(db, 1, feature), currentLabel(db, 1, feature));
  },
  (db, author, time, _uid, random) => {
    const row: Values = { source: 1, feature: random.integer(3), author, state: pick(['skipped', 'unsure'], random), created_at: time };
    const known = peopleRows(db, 'reviews').has(JSON.stringify([1, row['feature']!, author]));
    if (known) changePeopleRow(db, 'reviews', row);
    else addPeopleRow(db, 'reviews', row);
  },
  (db, _author, time, _uid, random) => {
    const comments = [...peopleRows(db, 'comments').values()].filter(({ deleted_at: deleted }) => deleted === null);
    if (comments.length > 0) changePeopleRow(db, 'comments', { ...pick(comments, random), deleted_at: time });
  },
];

/** `n` steps of `author` on `db`. */
export function work(db: WriteHandle, author: string, n: number, clock: Clock, random: Random): void {
  for (let i = 0; i < n; i++) {
    const time = at(clock);
    pick(steps, random)(db, author, time, `${author}-${clock.seconds}`, random);
  }
}

/** A small catalog on which `n` steps were made by its first owner. */
export function base(n: number, clock: Clock, random: Random): WriteHandle {
  const db = smallCatalog();
  work(db, 'base', n, clock, random);
  return db;
}

/** The same rows in another catalog in memory, with ids in the order in which they are added. */
export function twin(db: WriteHandle): WriteHandle {
  const copy = smallCatalog();
  for (const table of peopleTableNames) for (const row of peopleRows(db, table).values()) addPeopleRow(copy, table, row);
  for (let feature = 0; feature < 3; feature++) makeCurrent(copy, 1, feature, null, currentLabel(copy, 1, feature));
  return copy;
}

/** All that people made, by uid, and what is shown; ids left out. Two catalogs that say the same are equal. */
export function stateOf(db: WriteHandle): Record<string, unknown> {
  const tables = peopleTableNames.map((table) => [table, [...peopleRows(db, table)].sort(([a], [b]) => (a < b ? -1 : 1))]);
  const shown = [0, 1, 2].map((feature) => currentLabel(db, 1, feature)?.uid ?? null);
  const copied = db.all('SELECT f.idx, f.labelled, f.label, f.score, l.uid FROM features f LEFT JOIN labels l ON l.id = f.label_id ORDER BY f.idx').map((row) => ({ ...row }));
  const indexed = db.all('SELECT l.uid FROM labels_fts t JOIN labels l ON l.id = t.rowid ORDER BY l.uid').map((row) => row['uid']);
  return { ...Object.fromEntries(tables), shown, copied, indexed };
}

