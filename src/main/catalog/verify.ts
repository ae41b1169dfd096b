/** Is this file a whole, unharmed catalog of ours? */
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import type { VerifyReport } from '../../shared/schema/catalog.ts';
import { packedProblems } from './columns/packed.ts';
import { withForeign } from './foreign.ts';
import { openReader } from './handle.ts';
import type { ReadHandle } from './handle.ts';
import { checkHeader } from './header.ts';
import { checkSchema } from './schema.ts';
import { queryOf } from './saved-views.ts';
import { heldFeatures } from './selection.ts';
import { sqliteError } from './sqlite-errors.ts';
import { peopleProblem } from './people-rules.ts';
import { peopleRows, peopleTableNames } from './tables/people.ts';
import { ftsQuery, parseSearch } from './search-text.ts';
import { stores } from './tables/contexts.ts';
import { encoders } from './tables/embeddings.ts';
import { matchingContexts, rankedLabels } from './tables/columns.ts';
import { vocabularyOf } from './vocabulary.ts';
import { foreignKeyProblems, integrityProblems } from './tables/schema.ts';
import { strayRevisions } from './tables/features.ts';
import { sources } from './tables/sources.ts';
import type { SourceRow } from './tables/sources.ts';
import { allItems, allLists } from './tables/lists.ts';
import { reviews } from './tables/reviews.ts';
import { allViews } from './tables/views.ts';
import { walkComments, walkContexts, walkDirections, walkFeatures, walkLabels, walkMaps, walkScores } from './walk.ts';

const mostProblems = 100;

/** Collects problems by part; a part that cannot even be read is one problem. */
class Report {
  readonly problems: string[] = [];
  readonly checked: string[] = [];

  part(name: string, find: (note: (problem: string) => void) => string | void): void {
    try {
      const detail = find((problem) => {
        if (this.problems.length < mostProblems) this.problems.push(problem);
      });
      this.checked.push(detail === undefined ? name : `${name}: ${detail}`);
    } catch (error) {
      this.problems.push(toErrorBody(error).message);
    }
  }
}

/**
 * Checks the file at `path` from the outside in. Never throws for what the file holds; kind not-found when there is none.
 * `openHere`: this process has it open, so its header is not looked at (closing a descriptor would drop SQLite's locks on it).
 */
export function verify(path: string, openHere = false): VerifyReport {
  const report = new Report();
  let complete = false;
  let version = 0;
  if (!openHere) report.part('header', () => checkHeader(path, true));
  if (report.problems.length === 0) {
    report.part('schema', () => reading(path, (db) => `version ${version = checkSchema(db)}`));
    // An older file's own pages are looked at as they are; its rows in a copy that was brought up to date.
    if (version > 0) report.part('pages', () => reading(path, (db) => verifyPages(db, report)));
    if (report.problems.length === 0) report.part('rows', () => withForeign(path, true, (db) => { complete = verifyRows(db, report); }));
  }
  return { ok: report.problems.length === 0, complete: report.problems.length === 0 && complete, problems: report.problems, checked: report.checked.filter((part) => part !== 'pages' && part !== 'rows') };
}

function reading<T>(path: string, work: (db: ReadHandle) => T): T {
  const db = openReader(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function verifyPages(db: ReadHandle, report: Report): void {
  db.snapshot(() => {
    report.part('pages and indexes', (note) => integrityProblems(db).forEach(note));
    report.part('references', (note) => foreignKeyProblems(db, mostProblems).forEach(note));
  });
}

function verifyRows(db: ReadHandle, report: Report): boolean {
  let all: SourceRow[] = [];
  try {
    db.snapshot(() => {
      report.part('sources', () => { all = sources(db); return `${all.length}`; });
      report.part('contexts', (note) => noting(walkContexts(db), note));
      for (const source of all) report.part(`features of source ${source.id}`, (note) => verifySource(db, source, note));
      report.part('packed columns', (note) => all.flatMap((source) => packedProblems(db, source)).forEach(note));
      report.part('labels', () => `${count(walkLabels(db))}`);
      report.part('scores', (note) => noting(walkScores(db), note));
      report.part('reviews', () => `${count(reviews(db))}`);
      report.part('lists', () => `${allLists(db).length} with ${count(allItems(db))} features`);
      report.part('views', (note) => {
        for (const row of allViews(db)) if (queryOf(row) === null) note(`the view ${row.id} says nothing that the feature table shows`);
      });
      report.part('comments', () => `${count(walkComments(db))}`);
      report.part('what people made', (note) => verifyPeople(db, note));
      report.part('directions', (note) => verifyDirections(db, all, note));
      report.part('maps', (note) => noting(walkMaps(db), note));
      report.part('text index', (note) => verifyTextIndex(db, note));
    });
  } catch (error) {
    const known = sqliteError(error, db.path);
    report.problems.push(known instanceof LoupeError ? known.message : String(error));
  }
  return all.length > 0 && all.every((source) => source.complete);
}

const mostWords = 20_000;

/** Distinct words of texts, at most 20,000. */
function wordsOf(texts: Iterable<string>): Set<string> {
  const words = new Set<string>();
  for (const text of texts) {
    for (const [word] of text.matchAll(/[\p{L}\p{N}\p{Co}\p{M}]+/gu)) if (words.size < mostWords) words.add(word);
  }
  return words;
}

function* contextTexts(db: ReadHandle): Generator<string> {
  const models = new Map(stores(db).map(({ id, model }) => [id, model]));
  for (const { row } of walkContexts(db)) yield vocabularyOf(db, models.get(row.store)!).plainText(row.tokens);
}

function* labelTexts(db: ReadHandle): Generator<string> {
  for (const { text } of walkLabels(db)) yield text;
}

/** SQLite's own check looks at the form of the text index; looking every word up reads what a search would read. */
function verifyTextIndex(db: ReadHandle, note: (problem: string) => void): string {
  const inContexts = wordsOf(contextTexts(db));
  for (const word of inContexts) {
    const query = ftsQuery(parseSearch(word, false));
    const found = query === null || matchingContexts(db, query).length > 0;
    // SQLite knows the letters of an older Unicode: of other scripts' words the reading alone is a check.
    if (found || !/^[a-z0-9]+$/iu.test(word)) continue;
    note(`the text index does not find a word of the contexts: ${JSON.stringify(word.slice(0, 80))}`);
    break;
  }
  const inLabels = wordsOf(labelTexts(db));
  for (const word of inLabels) {
    const query = ftsQuery(parseSearch(word, true));
    if (query !== null) rankedLabels(db, query, 5);
  }
  return `${inContexts.size + inLabels.size} words looked up`;
}

/** Walks over rows whose reading is their check. */
function count(rows: Iterable<unknown>): number {
  let n = 0;
  for (const _row of rows) n++;
  return n;
}

/** Notes what is wrong with each row; says how many there are. */
function noting(rows: Iterable<{ readonly problem: string | null }>, note: (problem: string) => void): string {
  let n = 0;
  for (const { problem } of rows) {
    n++;
    if (problem !== null) note(problem);
  }
  return `${n}`;
}

function verifyDirections(db: ReadHandle, all: readonly SourceRow[], note: (problem: string) => void): string {
  const counts = encoders(db).flatMap((encoder) => all.map((source) => Number(noting(walkDirections(db, encoder, source.id), note))));
  return `${counts.reduce((a, b) => a + b, 0)}`;
}

/** The rules beyond the types of cells, over every table of rows that people make. */
function verifyPeople(db: ReadHandle, note: (problem: string) => void): void {
  for (const table of peopleTableNames) {
    for (const row of peopleRows(db, table).values()) {
      const problem = peopleProblem(table, row);
      if (problem !== null) note(problem);
    }
  }
}

function verifySource(db: ReadHandle, source: SourceRow, note: (problem: string) => void): string {
  let features = 0;
  let examples = 0;
  let dead = 0;
  for (const walked of walkFeatures(db, source)) {
    features++;
    examples += walked.examples.length;
    if (walked.record.firings === 0) dead++;
    if (walked.problem !== null) note(walked.problem);
  }
  const strays = strayRevisions(db, source.id);
  if (strays > 0) note(`source ${source.id}: ${strays} features have a revision (changed) that is no whole number from 0`);
  const held = heldFeatures(source);
  if (source.complete && features !== held) note(`source ${source.id} says that it is complete, and has ${features} of ${held} features`);
  if (source.complete && dead !== source.dead) note(`source ${source.id} says that ${source.dead} features are dead, and ${dead} are`);
  return `${features} with ${examples} examples`;
}
