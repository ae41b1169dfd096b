/** Saving a chart: the file is made here and handed to the browser's own download. */
import { toCsv } from './csv.ts';
import { init, type ECharts } from './echarts.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export type ChartFormat = 'png' | 'svg' | 'csv';

/** Offers the chart as a file. Pictures are drawn anew at the size on screen. */
export function saveChart(format: ChartFormat, name: string, chart: ECharts, option: ChartOption, table: ChartTable, background: string): void {
  download(`${name}.${format}`, contents(format, chart, option, table, background));
}

/** The chart with a ring around a place in data units: on screen the page draws it. */
export function withRing(option: ChartOption, at: readonly [number, number], palette: Palette): ChartOption {
  const ring = { type: 'scatter', data: [[...at]], symbolSize: 13, itemStyle: { color: 'transparent', borderColor: palette.text, borderWidth: 2.5 }, silent: true, z: 5 };
  return { ...option, series: [...((option['series'] as readonly object[] | undefined) ?? []), ring] };
}

function contents(format: ChartFormat, chart: ECharts, option: ChartOption, table: ChartTable, background: string): Blob {
  if (format === 'csv') return new Blob([toCsv(table)], { type: 'text/csv;charset=utf-8' });
  if (format === 'svg') return new Blob([svg(chart, option, background)], { type: 'image/svg+xml' });
  const url = picture(chart, option, background);
  const binary = atob(url.slice(url.indexOf(',') + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: 'image/png' });
}

/** The chart drawn anew at the size on screen: text of an SVG, or the data address of a PNG at twice the resolution. */
function drawn<T>(chart: ECharts, option: ChartOption, background: string, settings: Parameters<typeof init>[2], take: (copy: ECharts) => T): T {
  const copy = init(settings?.ssr ? null : document.createElement('div'), undefined, { width: chart.getWidth(), height: chart.getHeight(), ...settings });
  copy.setOption({ ...option, backgroundColor: background, tooltip: { show: false } });
  const result = take(copy);
  copy.dispose();
  return result;
}

function svg(chart: ECharts, option: ChartOption, background: string): string {
  return drawn(chart, option, background, { renderer: 'svg', ssr: true }, (copy) => copy.renderToSVGString());
}

function picture(chart: ECharts, option: ChartOption, background: string): string {
  return drawn(chart, option, background, { renderer: 'canvas', devicePixelRatio: 2 }, (copy) => copy.getDataURL({ type: 'png', pixelRatio: 2 }));
}

function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
