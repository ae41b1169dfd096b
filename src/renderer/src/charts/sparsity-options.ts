/** How many units of each layer fire, and how often: studies of one or several models in the same axes. Pure. */
import type { LayerSparsity, Score, SparsityStudy } from '../../../shared/schema/sparsity.ts';
import { compact, count, percent, significant } from '../format/number.ts';
import { axis, grid, logAxis, plain, tick, tooltip } from './axes.ts';
import { bar, brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

/** A study under the name that the legend has. */
export interface NamedStudy {
  readonly name: string;
  readonly study: SparsityStudy;
}

/** A line of a chart: [x, y] in the axes' own units, and what the tooltip says of each point. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly texts: readonly string[];
  readonly colour: string;
  readonly dash?: 'dashed' | 'dotted';
  readonly symbol?: boolean;
  /** Of each point's mark, pixels; 6 without. */
  readonly sizes?: readonly number[];
  readonly step?: boolean;
}

/** The colour of the study at a place. */
export function studyColour(palette: Palette, at: number): string {
  return palette.series[at % palette.series.length]!;
}

/** Axis text of a share: 0.04 -> "4 %". */
export function shareTick(value: number): string {
  return `${tick(value * 100)} %`;
}

/** Lines over two axes; a point's tooltip is its text under the line's name. */
export function linesOption(lines: readonly Line[], xAxis: Record<string, unknown>, yAxis: Record<string, unknown>, palette: Palette, more: readonly Record<string, unknown>[] = []): ChartOption {
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, { trigger: 'item', formatter: ({ seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number }) => lineText(lines[seriesIndex], dataIndex) }),
    xAxis, yAxis,
    brush: { xAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [...lines.map(lineSeries), ...more],
  };
}

function lineText(line: Line | undefined, at: number): string {
  return line === undefined ? '' : `${plain(line.name)}\n${plain(line.texts[at] ?? '')}`;
}

function lineSeries({ name, points, colour, dash, symbol = true, sizes, step = false }: Line): Record<string, unknown> {
  return {
    type: 'line', name, data: points, showSymbol: symbol, symbol: 'circle', symbolSize: sizes === undefined ? 6 : (_value: unknown, { dataIndex }: { dataIndex: number }) => sizes[dataIndex] ?? 6, ...(step ? { step: 'middle' } : {}),
    lineStyle: { color: colour, width: 1.5, type: dash ?? 'solid' }, itemStyle: { color: colour },
  };
}

interface WhiskerApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  style(): { fill?: string };
}

/** [x, 5 %, 25 %, 75 %, 95 %]: a thin line over the outer percentiles and a thick one over the inner. */
function whisker(offset: number) {
  return (_params: unknown, api: WhiskerApi): unknown => {
    const at = (dimension: number): [number, number] => {
      const [x, y] = api.coord([api.value(0), api.value(dimension)]);
      return [x + offset, y];
    };
    const rod = (low: number, high: number, width: number, opacity: number): unknown => {
      const [x, bottom] = at(low);
      const [, top] = at(high);
      return { type: 'rect', shape: { x: x - width / 2, y: top, width, height: Math.max(1, bottom - top) }, style: { fill: api.style().fill, opacity } };
    };
    return { type: 'group', children: [rod(1, 4, 1.5, 0.6), rod(2, 3, 7, 0.3)] };
  };
}

function layersAxis(studies: readonly NamedStudy[], palette: Palette): Record<string, unknown> {
  const layers = Math.max(1, ...studies.map(({ study }) => study.layers.length));
  return { ...axis({ name: 'layer', min: -0.5, max: (layers - 0.5), grid: false, format: (value) => (Number.isInteger(value) ? String(value) : '') }, 'x', palette), minInterval: 1 };
}

function layerText({ layer, units, share, shareOfLive, l0, never, always }: LayerSparsity): string {
  return [
    `layer ${layer}: ${percent(share)} of ${count(units)} units`, `of units that ever fire ${percent(shareOfLive)}`,
    `${significant(l0.mean, 4)} a token (5 % ${count(l0.p5)}, median ${count(l0.p50)}, 95 % ${count(l0.p95)})`, `${count(never.count)} never, ${count(always.count)} always`,
  ].join('\n');
}

/** A ring around what is chosen, at [x, y]. */
export function ringSeries(places: readonly (readonly [number, number])[], palette: Palette): Record<string, unknown> {
  return { type: 'scatter', data: places, symbolSize: 14, itemStyle: { color: 'transparent', borderColor: palette.activation, borderWidth: 2 }, silent: true, z: 5 };
}

/** Share of units that fire by layer, with percentiles over tokens as rods. A click on a point gives [layer, share]. */
export function shareOption(studies: readonly NamedStudy[], chosen: number, palette: Palette): ChartOption {
  const lines = studies.map(({ name, study }, i): Line => ({
    name, colour: studyColour(palette, i), points: study.layers.map(({ layer, share }) => [layer, share]), texts: study.layers.map(layerText),
  }));
  const rods = studies.map(({ study }, i) => ({
    type: 'custom', silent: true, z: 1, itemStyle: { color: studyColour(palette, i) }, encode: { x: 0, y: [1, 2, 3, 4] },
    renderItem: whisker((i - (studies.length - 1) / 2) * 9), data: study.layers.map(({ layer, units, l0 }) => [layer, l0.p5 / units, l0.p25 / units, l0.p75 / units, l0.p95 / units]),
  }));
  const first = studies[0]?.study.layers[chosen];
  const ring = first === undefined ? [] : [ringSeries([[chosen, first.share]], palette)];
  return linesOption(lines, layersAxis(studies, palette), axis({ name: 'units that fire', min: 0, format: shareTick }, 'y', palette), palette, [...rods, ...ring]);
}

export function shareTable(studies: readonly NamedStudy[]): ChartTable {
  return {
    columns: ['study', 'layer', 'units', 'share', 'share of live', 'above 1 % of the largest', 'l0 mean', 'l0 p5', 'l0 p25', 'l0 p50', 'l0 p75', 'l0 p95', 'never', 'always'],
    rows: studies.flatMap(({ name, study }) => study.layers.map(({ layer, units, share, shareOfLive, nearMaximum, l0, never, always }) => [name, layer, units, share, shareOfLive, nearMaximum, l0.mean, l0.p5, l0.p25, l0.p50, l0.p75, l0.p95, never.count, always.count])),
  };
}

/** Units of a layer by the share of tokens that they fire on, in log10: bars of the first study, which give [.., .., .., bin] on a click, and outlines of the others. */
export function densityOption(studies: readonly NamedStudy[], layer: number, palette: Palette): ChartOption {
  const text = (name: string, { density: { edges, counts } }: LayerSparsity, bin: number): string => `${plain(name)}\n${count(counts[bin]!)} units fire on ${percent(edges[bin]!)} to ${percent(edges[bin + 1]!)} of tokens`;
  const lines = studies.flatMap(({ name, study }, i): Line[] => {
    const found = study.layers[layer];
    if (found === undefined) return [];
    const { edges, counts } = found.density;
    const middle = (bin: number): number => Math.log10(Math.sqrt(edges[bin]! * edges[bin + 1]!));
    return [{ name, colour: studyColour(palette, i), step: true, symbol: false, points: counts.map((n, bin) => [middle(bin), n / found.units]), texts: [] }];
  });
  const first = studies[0]?.study.layers[layer];
  const bars = first === undefined ? [] : [barsSeries(first.density.counts.map((n, bin) => [Math.log10(first.density.edges[bin]!), Math.log10(first.density.edges[bin + 1]!), n / first.units, bin]), studyColour(palette, 0))];
  const low = Math.min(-1, ...studies.map(({ study }) => Math.log10(study.layers[layer]?.density.edges[0] ?? 1)));
  const option = linesOption(first === undefined ? lines : lines.slice(1), logAxis('share of tokens on which a unit fires', low, 0, 'x', palette), axis({ name: 'units', min: 0, format: shareTick }, 'y', palette), palette, bars);
  return { ...option, tooltip: tooltip(palette, { trigger: 'item', formatter: ({ data }: { data?: readonly number[] }) => (first === undefined || data?.length !== 4 ? '' : text(studies[0]!.name, first, data[3]!)) }) };
}

/** Bars from edge to edge: [left, right, height, number]. */
function barsSeries(data: readonly (readonly number[])[], colour: string): Record<string, unknown> {
  return { type: 'custom', encode: { x: [0, 1], y: 2 }, clip: true, itemStyle: { color: colour, opacity: 0.75 }, renderItem: bar, data };
}

/** Tokens by how many units of a layer fire on them: bars of the first study, outlines of the others; shares of the tokens. */
export function perTokenOption(studies: readonly NamedStudy[], layer: number, palette: Palette): ChartOption {
  const found = studies.map(({ name, study }) => ({ name, own: study.layers[layer] }));
  const shares = ({ perToken: { counts } }: LayerSparsity): number[] => {
    const total = counts.reduce((sum, n) => sum + n, 0);
    return counts.map((n) => n / Math.max(1, total));
  };
  const lines = found.slice(1).flatMap(({ name, own }, i): Line[] => (own === undefined ? [] : [{
    name, colour: studyColour(palette, i + 1), step: true, symbol: false, texts: [], points: shares(own).map((share, bin) => [(own.perToken.edges[bin]! + own.perToken.edges[bin + 1]! - 1) / 2, share]),
  }]));
  const first = found[0]?.own;
  const bars = first === undefined ? [] : [barsSeries(shares(first).map((share, bin) => [first.perToken.edges[bin]! - 0.5, first.perToken.edges[bin + 1]! - 0.5, share, bin]), studyColour(palette, 0))];
  const text = ({ perToken: { edges, counts } }: LayerSparsity, bin: number): string => {
    const [from, to] = [edges[bin]!, edges[bin + 1]! - 1];
    return `${count(from)}${to > from ? ` to ${count(to)}` : ''} units fire\non ${count(counts[bin]!)} tokens`;
  };
  const option = linesOption(lines, { ...axis({ name: 'units that fire on a token', grid: false }, 'x', palette), scale: true }, axis({ name: 'tokens', min: 0, format: shareTick }, 'y', palette), palette, bars);
  return { ...option, tooltip: tooltip(palette, { trigger: 'item', formatter: ({ data }: { data?: readonly number[] }) => (first === undefined || data?.length !== 4 ? '' : text(first, data[3]!)) }) };
}

export function perTokenTable(studies: readonly NamedStudy[], layer: number): ChartTable {
  return {
    columns: ['study', 'layer', 'units from', 'units below', 'tokens'],
    rows: studies.flatMap(({ name, study }): (string | number)[][] => {
      const bins = study.layers[layer]?.perToken;
      return bins === undefined ? [] : bins.counts.map((n, bin) => [name, layer, bins.edges[bin]!, bins.edges[bin + 1]!, n]);
    }),
  };
}

export function densityTable(studies: readonly NamedStudy[], layer: number): ChartTable {
  return {
    columns: ['study', 'layer', 'from', 'to', 'units'],
    rows: studies.flatMap(({ name, study }): (string | number)[][] => {
      const found = study.layers[layer];
      return found === undefined ? [] : [[name, layer, 0, 0, found.never.count], ...found.density.counts.map((n, bin) => [name, layer, found.density.edges[bin]!, found.density.edges[bin + 1]!, n])];
    }),
  };
}

/** What the curves show of each score. */
export type Measure = 'loss' | 'accuracy' | 'ece';

export const measureTitles: Readonly<Record<Measure, string>> = { loss: 'loss, nats a token', accuracy: 'next-token accuracy', ece: 'calibration error (ECE)' };

export function measureText(score: Score): string {
  return `loss ${significant(score.loss, 5)} nats, accuracy ${percent(score.accuracy)}, ECE ${significant(score.ece)}, ${compact(score.tokens)} tokens`;
}

export function measureAxis(measure: Measure, palette: Palette): Record<string, unknown> {
  return { ...axis({ name: measureTitles[measure], ...(measure === 'accuracy' ? { format: shareTick } : {}) }, 'y', palette), scale: true };
}
