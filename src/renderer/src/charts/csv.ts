/** A chart's data as CSV (RFC 4180). Pure. */
import type { ChartTable } from './types.ts';

export function toCsv(table: ChartTable): string {
  const lines = [line(table.columns)];
  for (const row of table.rows) lines.push(line(row));
  return `${lines.join('\r\n')}\r\n`;
}

function line(cells: readonly (string | number | null)[]): string {
  return cells.map(cell).join(',');
}

function cell(value: string | number | null): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run a cell that starts with one of these as a formula.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
