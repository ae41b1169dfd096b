/** Saving a chart: the file is made here and handed to the browser's own download. */
import { toCsv } from './csv.ts';
import { init, type ECharts } from './echarts.ts';
import type { ChartOption, ChartTable } from './types.ts';

export type ChartFormat = 'png' | 'svg' | 'csv';

/** Offers the chart as a file. SVG is drawn anew by ECharts' SVG renderer at the size on screen. */
export function saveChart(format: ChartFormat, name: string, chart: ECharts, option: ChartOption, table: ChartTable, background: string): void {
  download(`${name}.${format}`, contents(format, chart, option, table, background));
}

function contents(format: ChartFormat, chart: ECharts, option: ChartOption, table: ChartTable, background: string): Blob {
  if (format === 'csv') return new Blob([toCsv(table)], { type: 'text/csv;charset=utf-8' });
  if (format === 'svg') return new Blob([svg(chart, option, background)], { type: 'image/svg+xml' });
  const url = chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: background });
  const binary = atob(url.slice(url.indexOf(',') + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: 'image/png' });
}

function svg(chart: ECharts, option: ChartOption, background: string): string {
  const copy = init(null, undefined, { renderer: 'svg', ssr: true, width: chart.getWidth(), height: chart.getHeight() });
  copy.setOption({ ...option, backgroundColor: background });
  const text = copy.renderToSVGString();
  copy.dispose();
  return text;
}

function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
