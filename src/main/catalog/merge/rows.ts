/** Joining the other rows that people make: scores, reviews, comments, lists, views. Pure. */
import type { PeopleRows, PeopleTable, Values } from '../tables/people.ts';
import { earlier } from './labels.ts';

interface JoinRule {
  /** What never changes in a row: another value means that a file was tampered with. */
  readonly fixed: readonly string[];
  /** The time at which a row was taken back: once it was, it stays so. */
  readonly ended?: string;
  /** The later row wins, by this column: a state rather than a record. */
  readonly latest?: string;
}

export const joinRules: Readonly<Record<PeopleTable, JoinRule>> = {
  labels: { fixed: ['source', 'feature', 'text', 'author', 'kind', 'confidence', 'notes', 'created_at'], ended: 'undone_at' },
  scores: { fixed: ['label', 'scorer', 'value', 'n', 'created_at'] },
  reviews: { fixed: [], latest: 'created_at' },
  comments: { fixed: ['source', 'feature', 'author', 'created_at'], ended: 'deleted_at' },
  lists: { fixed: ['author', 'created_at'], ended: 'deleted_at' },
  list_items: { fixed: [] },
  views: { fixed: ['author', 'created_at'], ended: 'deleted_at' },
};

export interface RowChange {
  readonly before: Values;
  readonly after: Values;
}

export interface TableMerge {
  readonly table: PeopleTable;
  readonly add: readonly Values[];
  readonly change: readonly RowChange[];
  /** Rows of the same uid that say something else there (a renamed list): ours stay. */
  readonly kept: readonly RowChange[];
  /** Rows that no merge can explain; nothing is merged while there are any. */
  readonly problems: readonly string[];
}

function differs(a: Values, b: Values, columns: readonly string[]): string | undefined {
  return columns.find((column) => a[column] !== b[column]);
}

/** Our row after theirs of the same key was seen. */
function joinRow({ ended, latest }: JoinRule, mine: Values, theirs: Values): Values {
  if (latest !== undefined) return JSON.stringify([theirs[latest], theirs]) > JSON.stringify([mine[latest], mine]) ? theirs : mine;
  if (ended === undefined) return mine;
  return { ...mine, [ended]: earlier(mine[ended] as string | null, theirs[ended] as string | null) };
}

/** What merging `theirs` into `mine` does to one table. */
export function mergeRows(table: PeopleTable, mine: PeopleRows, theirs: PeopleRows): TableMerge {
  const rule = joinRules[table];
  const [add, change, kept, problems]: [Values[], RowChange[], RowChange[], string[]] = [[], [], [], []];
  for (const [key, other] of theirs) {
    const ours = mine.get(key);
    if (ours === undefined) {
      add.push(other);
      continue;
    }
    const column = differs(ours, other, rule.fixed);
    if (column !== undefined) {
      problems.push(`a row of ${table} (${key.slice(0, 60)}) has another ${column} than here, though it is never edited`);
      continue;
    }
    const after = joinRow(rule, ours, other);
    if (differs(ours, after, Object.keys(ours)) !== undefined) change.push({ before: ours, after });
    const free = Object.keys(ours).filter((name) => name !== rule.ended && name !== rule.latest);
    if (rule.latest === undefined && differs(ours, other, free) !== undefined) kept.push({ before: ours, after: other });
  }
  return { table, add, change, kept, problems };
}
