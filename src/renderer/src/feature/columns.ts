/** The columns that the table can show, and which of them it does: order and widths. Pure. */
import type { FeatureRow } from '../../../shared/schema/catalog.ts';
import type { FeatureColumn } from '../../../shared/schema/feature-query.ts';
import { count, significant } from '../format/number.ts';

export type ColumnId = FeatureColumn | 'preview' | 'unit';

/** By which a click on the head of a column sorts: names of units rise with their numbers. Null: not at all. */
export function sortOf(id: ColumnId): FeatureColumn | null {
  if (id === 'unit') return 'index';
  return id === 'preview' ? null : id;
}

export interface ColumnDefinition {
  readonly id: ColumnId;
  readonly title: string;
  readonly tip: string;
  /** Right-aligned, monospaced. */
  readonly figure: boolean;
  /** px. The widest of the text columns takes what is left. */
  readonly width: number;
  /** Columns that are drawn with more than words have none. */
  readonly text?: (row: FeatureRow) => string;
}

const ifAlive = (value: (row: FeatureRow) => number) => (row: FeatureRow): string => (row.dead ? '–' : significant(value(row)));

/** Every column, in the order in which the menu offers them. */
export const columns: readonly ColumnDefinition[] = [
  { id: 'index', title: 'Feature', tip: 'Number in the dictionary', figure: true, width: 60, text: (row) => count(row.index) },
  { id: 'unit', title: 'Unit', tip: 'What the unit of the model is called; of a dictionary, whose latents have no names, nothing', figure: false, width: 150 },
  { id: 'density', title: 'Density', tip: 'Share of tokens on which it fires; the bar is logarithmic, from 1 in 1,000,000 to every token', figure: true, width: 104 },
  { id: 'max', title: 'Max', tip: 'Largest activation', figure: true, width: 52, text: ifAlive((row) => row.max) },
  { id: 'mean', title: 'Mean', tip: 'Mean activation where it fires', figure: true, width: 52, text: ifAlive((row) => row.mean) },
  { id: 'min', title: 'Min', tip: 'Smallest activation: below 0 where the dictionary is signed', figure: true, width: 52, text: ifAlive((row) => row.min) },
  { id: 'dead', title: 'Dead', tip: 'Never fired on the tokens of this catalog', figure: false, width: 52, text: (row) => (row.dead ? 'dead' : '') },
  { id: 'tokenClass', title: 'Token class', tip: 'What its strongest tokens have in common', figure: false, width: 92, text: (row) => row.tokenClass ?? '' },
  { id: 'label', title: 'Label', tip: 'What it was named, else where it fires most', figure: false, width: 280 },
  { id: 'family', title: 'Family', tip: 'The family that its label was put in', figure: false, width: 92, text: (row) => row.family ?? '' },
  { id: 'score', title: 'Score', tip: 'Balanced accuracy of the label in telling windows that fire from random ones; 0.5 is chance', figure: true, width: 56, text: (row) => (row.score === null ? '' : significant(row.score)) },
  { id: 'confidence', title: 'Conf.', tip: 'Confidence in the label, from 1 (a guess) to 5 (certain)', figure: true, width: 48, text: (row) => (row.confidence === null ? '' : String(row.confidence)) },
  { id: 'notes', title: 'Notes', tip: 'Whether the label has notes', figure: false, width: 52, text: (row) => (row.notes ? 'notes' : '') },
  { id: 'preview', title: 'Top example', tip: 'Where it fires most', figure: false, width: 280 },
];

export interface ColumnLayout {
  readonly id: ColumnId;
  readonly width: number;
}

export const narrowest = 36;
const widest = 1200;
const byId = new Map(columns.map((column) => [column.id, column]));

export function column(id: ColumnId): ColumnDefinition {
  return byId.get(id)!;
}

const shownFirst: readonly ColumnId[] = ['index', 'density', 'max', 'mean', 'label'];
export const defaultLayout: readonly ColumnLayout[] = shownFirst.map((id) => ({ id, width: column(id).width }));

/** A layout out of anything: unknown and repeated columns are dropped, widths brought into bounds. Null when nothing is left. */
export function parseLayout(value: unknown): readonly ColumnLayout[] | null {
  if (!Array.isArray(value)) return null;
  const found = new Map<ColumnId, ColumnLayout>();
  for (const entry of value as readonly { id?: unknown; width?: unknown }[]) {
    const known = columns.find(({ id }) => id === entry?.id);
    if (known === undefined || found.has(known.id)) continue;
    const width = typeof entry.width === 'number' && Number.isFinite(entry.width) ? entry.width : known.width;
    found.set(known.id, { id: known.id, width: Math.round(Math.min(widest, Math.max(narrowest, width))) });
  }
  return found.size === 0 ? null : [...found.values()];
}

/** Shows a column (at its place in the order of all columns) or hides it; the last one stays. */
export function toggleColumn(layout: readonly ColumnLayout[], id: ColumnId): readonly ColumnLayout[] {
  if (layout.some((entry) => entry.id === id)) return layout.length === 1 ? layout : layout.filter((entry) => entry.id !== id);
  const rank = (wanted: ColumnId): number => columns.findIndex((known) => known.id === wanted);
  const before = layout.findIndex((entry) => rank(entry.id) > rank(id));
  const at = before < 0 ? layout.length : before;
  return [...layout.slice(0, at), { id, width: column(id).width }, ...layout.slice(at)];
}

/** Moves a shown column by `by` places. */
export function moveColumn(layout: readonly ColumnLayout[], id: ColumnId, by: number): readonly ColumnLayout[] {
  const from = layout.findIndex((entry) => entry.id === id);
  const to = Math.min(layout.length - 1, Math.max(0, from + by));
  if (from < 0 || from === to) return layout;
  return layout.toSpliced(from, 1).toSpliced(to, 0, layout[from]!);
}

export function resizeColumn(layout: readonly ColumnLayout[], id: ColumnId, width: number): readonly ColumnLayout[] {
  return layout.map((entry) => (entry.id === id ? { id, width: Math.round(Math.min(widest, Math.max(narrowest, width))) } : entry));
}

/** `grid-template-columns`: the last of the columns of words (else the last column) takes the width that is left. */
export function gridColumns(layout: readonly ColumnLayout[]): string {
  const growing = layout.findLastIndex(({ id }) => id === 'label' || id === 'preview');
  const at = growing < 0 ? layout.length - 1 : growing;
  return layout.map(({ width }, i) => (i === at ? `minmax(${Math.min(width, 120)}px, 1fr)` : `${width}px`)).join(' ');
}

/** The width below which the table scrolls sideways, px. */
export function leastWidth(layout: readonly ColumnLayout[], gap: number, padding: number): number {
  const growing = layout.findLastIndex(({ id }) => id === 'label' || id === 'preview');
  const at = growing < 0 ? layout.length - 1 : growing;
  return layout.reduce((sum, { width }, i) => sum + (i === at ? Math.min(width, 120) : width), padding + gap * (layout.length - 1));
}
