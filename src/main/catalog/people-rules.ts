/** The rules that rows made by people obey beyond the types of their cells: a file's bytes may have been edited around the schema's CHECKs. */
import { labelKinds } from '../../shared/schema/catalog.ts';
import type { PeopleTable, Values } from './tables/people.ts';

const quoted = (value: unknown): string => JSON.stringify(String(value).slice(0, 40));

/** What is wrong with a row, in words, or null. */
export function peopleProblem(table: PeopleTable, row: Values): string | null {
  if ('uid' in row && row['uid'] === '') return `a row of ${table} has no uid`;
  if ('feature' in row && Number(row['feature']) < 0) return `a row of ${table} belongs to feature ${row['feature']}`;
  if (table === 'labels') return labelProblem(row);
  if (table === 'reviews' && row['state'] !== 'skipped' && row['state'] !== 'unsure') return `a review has the unknown state ${quoted(row['state'])}`;
  return table === 'scores' && Number(row['n']) < 0 ? `a score is over ${row['n']} examples` : null;
}

function labelProblem({ kind, confidence }: Values): string | null {
  if (!labelKinds.some((known) => known === kind)) return `a label has the unknown kind ${quoted(kind)}`;
  return confidence === null || (Number(confidence) >= 1 && Number(confidence) <= 5) ? null : `a label has the confidence ${confidence}`;
}
