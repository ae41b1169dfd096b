/** metrics.jsonl: one JSON object a line, appended as training goes, cut back to the checkpoint when a run resumes. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../files/atomic.ts';

export type MetricsRow = Readonly<Record<string, number>>;

/** The rows of the file; a last line that a crash cut off is left out. */
export function readMetrics(path: string): MetricsRow[] {
  if (!existsSync(path)) return [];
  const rows: MetricsRow[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      rows.push(JSON.parse(line) as MetricsRow);
    } catch {
      break;
    }
  }
  return rows;
}

/** Drops the rows after `step`: they are going to be computed again. */
export function cutMetrics(path: string, step: number): void {
  const rows = readMetrics(path).filter((row) => (row['step'] ?? Infinity) <= step);
  writeFileAtomic(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

export function appendMetrics(path: string, row: MetricsRow): void {
  appendFileSync(path, `${JSON.stringify(row)}\n`);
}
