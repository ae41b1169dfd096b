/** What a sweep over language models came to: its file, and the figures of each member over its seeds. */
import { existsSync } from 'node:fs';
import { LoupeError } from '../../../shared/errors.ts';
import { lmSweepTableSchema, type LmSweepRow } from '../../../shared/schema/lm-sweep.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { readJson } from '../../formats/sae-lens.ts';

/** The rows of a table, none where there is no file yet. Kind bad-file. */
export function readLmTable(path: string): LmSweepRow[] {
  if (!existsSync(path)) return [];
  const parsed = lmSweepTableSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data.rows;
  throw new LoupeError('bad-file', `${path} is no table of a sweep over language models: ${parsed.error.issues[0]!.path.join('.')} ${parsed.error.issues[0]!.message}. Name another file, or remove it.`);
}

/** Writes the table whole, in the place of the one before. */
export function writeLmTable(path: string, rows: readonly LmSweepRow[]): void {
  writeJsonAtomic(path, { format: 'loupe-lm-sweep', version: 1, rows });
}

/** One figure over seeds. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly largest: number;
  /** Seeds that have it. */
  readonly count: number;
}

export interface MemberSummary {
  readonly name: string;
  readonly arch: string;
  readonly activeParameters: number;
  readonly seeds: readonly number[];
  readonly figures: Readonly<Record<string, Spread>>;
}

function spreadOf(values: readonly number[]): Spread {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, least: Math.min(...values), largest: Math.max(...values), count: values.length };
}

/** A member's figures over the seeds that were trained to their end, in the table's order. */
export function summarise(rows: readonly LmSweepRow[]): MemberSummary[] {
  return [...Map.groupBy(rows.filter(({ error }) => error === null), ({ name }) => name)].map(([name, own]) => {
    const names = [...new Set(own.flatMap(({ figures }) => Object.keys(figures)))];
    const figures = Object.fromEntries(names.map((figure) => [figure, spreadOf(own.flatMap((row) => row.figures[figure] ?? []))]));
    return { name, arch: own[0]!.arch, activeParameters: own[0]!.activeParameters, seeds: own.map(({ seed }) => seed), figures };
  });
}

/** Figures that stand in the table for people, in this order, where some member has them. */
const shown = ['valid_loss', 'perplexity', 'legal_move_rate', 'coverage', 'coverage_fixed', 'reconstruction_f1'] as const;

function cell(spread: Spread | undefined): string {
  if (spread === undefined) return '-';
  const figure = (value: number): string => value.toPrecision(4);
  return spread.count === 1 ? figure(spread.mean) : `${figure(spread.mean)} (${figure(spread.least)} to ${figure(spread.largest)})`;
}

/** The summary for a terminal: the mean over seeds, in brackets the least and the largest. */
export function lmSweepText(rows: readonly LmSweepRow[]): string {
  const members = summarise(rows);
  const columns = shown.filter((name) => members.some(({ figures }) => figures[name] !== undefined));
  const lines = [
    ['member', 'seeds', 'active', ...columns],
    ...members.map(({ name, seeds, activeParameters, figures }) => [name, seeds.join(' '), activeParameters.toLocaleString('en'), ...columns.map((column) => cell(figures[column]))]),
  ];
  const widths = lines[0]!.map((_, c) => Math.max(...lines.map((line) => line[c]!.length)));
  const failed = rows.flatMap(({ name, seed, error }) => (error === null ? [] : [`${name}, seed ${seed}: ${error}`]));
  return [...lines.map((line) => line.map((entry, c) => (c === 0 ? entry.padEnd(widths[c]!) : entry.padStart(widths[c]!))).join('  ').trimEnd()), ...failed].join('\n');
}
