/** Rows that were left out: how many of each kind, and the first of them by file, line and field. */
import { FieldProblem } from './fields.ts';
import { readLines } from './lines.ts';
import type { RowKind } from './files.ts';

const told = 20;

export class Problems {
  readonly skipped: Record<RowKind, number> = { features: 0, activations: 0, explanations: 0 };
  readonly first: string[] = [];

  add(kind: RowKind, place: string, problem: string): void {
    this.skipped[kind]++;
    if (this.first.length < told) this.first.push(`${place}: ${problem}`);
  }
}

/**
 * Every row of `paths`, read by `read` and given to `take`. A row with a FieldProblem is left out; with `problems` it is counted.
 * `tick` is called each few hundred rows with the share of the files that is done.
 */
export async function eachRow<T>(
  kind: RowKind, paths: readonly string[], read: (text: string) => T, take: (row: T, place: string) => void, problems: Problems | null, tick: (file: number) => void,
): Promise<void> {
  for (const [file, path] of paths.entries()) {
    for await (const { text, number } of readLines(path)) {
      if (number % 256 === 0) tick(file);
      if (text.trim() === '') continue;
      try {
        take(read(text), `${path}:${number}`);
      } catch (error) {
        if (!(error instanceof FieldProblem)) throw error;
        problems?.add(kind, `${path}:${number}`, error.message);
      }
    }
    tick(file + 1);
  }
}
