/** What came out of a sweep: a row a member, and which of them no other beats. */
import type { SweepRow } from '../../shared/schema/sweep.ts';
import type { Outcome } from './group.ts';

const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** True where no other point is at most as far in both coordinates and nearer in one; points with a null are on no front. */
export function paretoFront(points: readonly (readonly [number | null, number | null])[]): boolean[] {
  return points.map(([x, y], i) => x !== null && y !== null && !points.some(([a, b], j) => j !== i && a !== null && b !== null && a <= x && b <= y && (a < x || b < y)));
}

function rowOf({ member, result, error }: Outcome, deltaCe: number | null): SweepRow {
  const config = (member.config ?? member.given) as Readonly<Record<string, unknown>>;
  const warnings = (result?.['warnings'] as { step: number; words: string }[] | undefined) ?? [];
  return {
    name: member.name, role: member.role, variant: text(config['variant']) ?? '', dSae: number(result?.['dSae'] ?? config['dSae']), k: number(config['k']),
    seed: number(config['seed']), hookPoint: text(config['hookPoint']), dictionary: member.folder, deltaCe,
    l0: number(result?.['l0']), fvu: number(result?.['fvu']), dead: number(result?.['dead']), cosine: number(result?.['cosine']),
    tokens: number(result?.['tokens']), seconds: number(result?.['seconds']), pareto: false, paretoCe: false,
    warnings: warnings.map(({ step, words }) => `step ${step}: ${words}`), error,
  };
}

/** Rows in the members' order; fronts among the trained members. `deltaCe` by member's name. */
export function sweepTable(outcomes: readonly Outcome[], deltaCe: ReadonlyMap<string, number>): SweepRow[] {
  const rows = outcomes.map((outcome) => rowOf(outcome, deltaCe.get(outcome.member.name) ?? null)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const of = (pick: (row: SweepRow) => number | null): boolean[] => paretoFront(rows.map((row) => (row.role === 'trained' ? [row.l0, pick(row)] : [null, null])));
  const [pareto, paretoCe] = [of(({ fvu }) => fvu), of((row) => row.deltaCe)];
  return rows.map((row, i) => ({ ...row, pareto: pareto[i]!, paretoCe: paretoCe[i]! }));
}

const columns = ['name', 'role', 'variant', 'dSae', 'k', 'seed', 'hookPoint', 'l0', 'fvu', 'deltaCe', 'dead', 'cosine', 'tokens', 'seconds', 'pareto', 'paretoCe', 'dictionary', 'error'] as const;

/** RFC 4180; a cell that a spreadsheet would take for a formula is quoted with a leading apostrophe. */
export function sweepCsv(rows: readonly SweepRow[]): string {
  const cell = (value: string | number | boolean | null): string => {
    const plain = value === null ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cell(row[name])).join(','))].join('\r\n') + '\r\n';
}

/** The table for a terminal; `*` marks the front of L0 and FVU. */
export function sweepText(rows: readonly SweepRow[]): string {
  const figure = (value: number | null, digits: number): string => (value === null ? '-' : Number(value.toPrecision(digits)).toString());
  const lines = rows.map((row) => [
    `${row.pareto ? '*' : ' '} ${row.name}`, figure(row.l0, 4), figure(row.fvu, 4), figure(row.deltaCe, 3), figure(row.dead, 3), row.error ?? (row.warnings.length > 0 ? `${row.warnings.length} warnings` : ''),
  ]);
  const all = [['  member', 'L0', 'FVU', 'delta CE', 'dead', ''], ...lines];
  const widths = all[0]!.map((_, c) => Math.max(...all.map((line) => (c < 5 ? line[c]!.length : 0))));
  return all.map((line) => line.map((entry, c) => (c === 0 ? entry.padEnd(widths[c]!) : c < 5 ? entry.padStart(widths[c]!) : entry)).join('  ').trimEnd()).join('\n');
}
