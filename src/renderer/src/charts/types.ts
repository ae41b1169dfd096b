/** What a page hands to Chart.svelte: an option builder's result, its data as a table for CSV, and the colours it may use. */
import type { EChartsCoreOption } from 'echarts/core';

export type ChartOption = EChartsCoreOption;

/** The data behind a chart, for CSV. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly (string | number | null)[]>;
}

/** Resolved colours of the current theme. */
export interface Palette {
  readonly text: string;
  readonly text2: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly activation: string;
  readonly negative: string;
  readonly series: readonly string[];
  readonly mono: string;
  readonly font: string;
}

/** A brushed rectangle in data units; null for an axis that is not brushed. */
export interface BrushRange {
  readonly x: readonly [number, number] | null;
  readonly y: readonly [number, number] | null;
}
