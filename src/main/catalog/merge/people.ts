/** Reading what people made out of two catalogs, in one numbering of sources, with every row checked. */
import { LoupeError } from '../../../shared/errors.ts';
import type { ReadHandle } from '../handle.ts';
import { peopleProblem } from '../people-rules.ts';
import { models } from '../tables/models.ts';
import { heldIndices, peopleKey, peopleRows, peopleTableNames, peopleTables } from '../tables/people.ts';
import type { PeopleRows, PeopleTable, Values } from '../tables/people.ts';
import { sources } from '../tables/sources.ts';
import type { CountedSource, SourceRow } from '../tables/sources.ts';
import type { People } from './plan.ts';

/** A row may be dated this far after now: clocks differ. */
const aheadMs = 24 * 3600 * 1000;

export interface SourceMatch {
  readonly theirs: CountedSource;
  /** The features that our source holds in this file. */
  readonly held: ReadonlySet<number>;
  /** Ours: the same dictionary at the same hook of the same model; null where we have none. */
  readonly mine: SourceRow | null;
}

/** What makes two sources the same features, whatever they were counted over. */
function identities(db: ReadHandle): Map<string, CountedSource[]> {
  const tokenizers = new Map(models(db).map(({ id, tokenizerHash }) => [id, tokenizerHash]));
  const found = new Map<string, CountedSource[]>();
  for (const row of sources(db)) {
    const key = JSON.stringify([row.modelHash, tokenizers.get(row.model), row.hookPoint, row.features, row.dictionaryHash ?? ['kind and name', row.kind, row.name]]);
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return found;
}

/** Pairs the sources of two catalogs by model, hook and dictionary; several of the same in the order of their ids. */
export function matchSources(mine: ReadHandle, theirs: ReadHandle): SourceMatch[] {
  const ours = identities(mine);
  return [...identities(theirs)].flatMap(([key, rows]) => rows.map((row, i) => matched(mine, row, ours.get(key)?.[i] ?? null)))
    .sort((a, b) => a.theirs.id - b.theirs.id);
}

function matched(db: ReadHandle, theirs: CountedSource, mine: SourceRow | null): SourceMatch {
  return { theirs, mine, held: mine === null ? new Set() : heldIndices(db, mine.id) };
}

export function ownPeople(db: ReadHandle): People {
  return Object.fromEntries(peopleTableNames.map((table) => [table, peopleRows(db, table)])) as Record<PeopleTable, PeopleRows>;
}

function timeProblem(table: PeopleTable, row: Values, now: number): string | null {
  for (const column of ['created_at', 'undone_at', 'deleted_at']) {
    const value = row[column];
    if (value === undefined || value === null) continue;
    const at = /^\d{4}-\d\d-\d\d/.test(String(value)) ? Date.parse(String(value)) : Number.NaN;
    if (Number.isNaN(at)) return `a row of ${table} has the time ${JSON.stringify(String(value).slice(0, 40))}`;
    if (at > now + aheadMs) return `a row of ${table} is dated ${String(value).slice(0, 40)}, which is yet to come`;
  }
  return null;
}

function refuse(db: ReadHandle, problem: string | null): void {
  if (problem !== null) throw new LoupeError('bad-file', `${db.path} is not merged: ${problem}. Ask its sender for an unharmed file.`);
}

/**
 * Their rows that belong to `matches`, with sources numbered as ours. Rows of features that our file does not hold (it may be a
 * selection) stay away, and with a label or a list goes what hangs on it; lists and views belong to no source and all come. Kind bad-file
 * for a row that no catalog of ours has.
 */
export function foreignPeople(db: ReadHandle, matches: readonly SourceMatch[], now: number): People {
  const matchOf = new Map(matches.map((match) => [match.theirs.id, match]));
  const taken: Partial<Record<PeopleTable, PeopleRows>> = {};
  for (const table of peopleTableNames) {
    const rows = new Map<string, Values>();
    for (const row of peopleRows(db, table).values()) {
      refuse(db, timeProblem(table, row, now) ?? peopleProblem(table, row));
      const moved = moveRow(db, table, row, matchOf);
      if (moved !== null && refersToTaken(table, moved, taken)) rows.set(peopleKey(table, moved), moved);
    }
    taken[table] = rows;
  }
  return taken as Record<PeopleTable, PeopleRows>;
}

function moveRow(db: ReadHandle, table: PeopleTable, row: Values, matchOf: ReadonlyMap<number, SourceMatch>): Values | null {
  if (!('source' in peopleTables[table].columns)) return row;
  const match = matchOf.get(Number(row['source']));
  const feature = Number(row['feature']);
  if (match !== undefined && !(feature >= 0 && feature < match.theirs.features)) refuse(db, `a row of ${table} belongs to feature ${feature} of ${match.theirs.features}`);
  return match === undefined || match.mine === null || !match.held.has(feature) ? null : { ...row, source: match.mine.id };
}

function refersToTaken(table: PeopleTable, row: Values, taken: Partial<Record<PeopleTable, PeopleRows>>): boolean {
  if (table === 'scores') return taken.labels!.has(JSON.stringify([row['label']!]));
  return table !== 'list_items' || taken.lists!.has(JSON.stringify([row['list']!]));
}
