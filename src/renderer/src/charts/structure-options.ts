/** What CRATE and mixtures of experts show beside their units: coding rates along the depth, router scores against true L0, loads. Pure. */
import type { RoutingFigures } from '../../../shared/schema/sparsity.ts';
import { count, percent, significant } from '../format/number.ts';
import { axis, grid, tooltip } from './axes.ts';
import { bar } from './histogram-options.ts';
import { linesOption, ringSeries, shareTick, studyColour, type Line, type NamedStudy } from './sparsity-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

/** Places within a block, as shares of it. */
const places = [['pre', 0, 'before attention'], ['mid', 0.5, 'between attention and ISTA'], ['post', 1, 'behind ISTA']] as const;

export function withCoding(studies: readonly NamedStudy[]): NamedStudy[] {
  return studies.filter(({ study }) => study.layers.some(({ coding }) => coding !== undefined));
}

export function withRouting(studies: readonly NamedStudy[]): NamedStudy[] {
  return studies.filter(({ study }) => study.layers.some(({ routing }) => routing !== undefined));
}

/** Rc (solid) and R (dashed) in nats along the depth, three places a block. */
export function codingOption(studies: readonly NamedStudy[], palette: Palette): ChartOption {
  const lines = withCoding(studies).flatMap(({ name, study }): Line[] => {
    const colour = studyColour(palette, studies.findIndex((one) => one.study === study));
    const points = study.layers.flatMap(({ layer, coding }) => (coding === undefined ? [] : places.map(([place, at, words]) => ({ x: layer + at, ...coding[place], words: `layer ${layer}, ${words}` }))));
    const line = (which: 'rc' | 'r', title: string): Line => ({
      name: `${name}, ${title}`, colour, ...(which === 'r' ? { dash: 'dashed' as const } : {}), points: points.map((point) => [point.x, point[which]]), texts: points.map((point) => `${point.words}: ${significant(point[which], 5)} nats`),
    });
    return [line('rc', 'Rc in subspaces'), line('r', 'R')];
  });
  return linesOption(lines, { ...axis({ name: 'depth, layers', min: 0, grid: false }, 'x', palette), minInterval: 1 }, { ...axis({ name: 'coding rate, nats a context' }, 'y', palette), scale: true }, palette);
}

export function codingTable(studies: readonly NamedStudy[]): ChartTable {
  return {
    columns: ['study', 'layer', 'place', 'rc', 'r', 'share'],
    rows: withCoding(studies).flatMap(({ name, study }) => study.layers.flatMap(({ layer, coding, share }) => (coding === undefined ? [] : places.map(([place, , words]) => [name, layer, words, coding[place].rc, coding[place].r, share])))),
  };
}

/** (token, expert) pairs of one layer: the router's score across, units that fire upwards. */
export function routerScatterOption({ sample }: RoutingFigures, palette: Palette): ChartOption {
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, { trigger: 'item', formatter: ({ data }: { data?: readonly number[] }) => (data === undefined ? '' : `expert ${data[2]}\nscore ${significant(data[0], 4)}\n${count(data[1]!)} units fire`) }),
    xAxis: { ...axis({ name: "router's score (high: few are expected to fire)", grid: false }, 'x', palette), scale: true },
    yAxis: axis({ name: 'units that fire', min: 0 }, 'y', palette),
    series: [{ type: 'scatter', data: sample, symbolSize: 4, itemStyle: { color: palette.accent, opacity: 0.45 } }],
  };
}

export function routerScatterTable({ sample }: RoutingFigures): ChartTable {
  return { columns: ['score', 'units that fire', 'expert'], rows: sample };
}

/** Spearman (solid) and Pearson (dashed) of score and true L0, layer by layer; -1: the router always knows. */
export function agreementOption(studies: readonly NamedStudy[], chosen: number, palette: Palette): ChartOption {
  const lines = withRouting(studies).flatMap(({ name, study }): Line[] => {
    const colour = studyColour(palette, studies.findIndex((one) => one.study === study));
    const line = (which: 'spearman' | 'pearson', title: string): Line => {
      const points = study.layers.flatMap(({ layer, routing }) => (routing?.[which] == null ? [] : [[layer, routing[which]] as const]));
      return { name: `${name}, ${title}`, colour, ...(which === 'pearson' ? { dash: 'dashed' as const } : {}), points, texts: points.map(([layer, value]) => `layer ${layer}: ${significant(value, 3)}`) };
    };
    return [line('spearman', 'Spearman'), line('pearson', 'Pearson')].filter(({ points }) => points.length > 0);
  });
  const ring = lines[0]?.points.find(([layer]) => layer === chosen);
  return linesOption(lines, { ...axis({ name: 'layer', grid: false }, 'x', palette), minInterval: 1 }, axis({ name: 'correlation', min: -1, max: 1 }, 'y', palette), palette, ring === undefined ? [] : [ringSeries([ring], palette)]);
}

export function agreementTable(studies: readonly NamedStudy[]): ChartTable {
  return {
    columns: ['study', 'layer', 'spearman', 'pearson', 'pairs', 'dead experts'],
    rows: withRouting(studies).flatMap(({ name, study }) => study.layers.flatMap(({ layer, routing }) => (routing === undefined ? [] : [[name, layer, routing.spearman, routing.pearson, routing.pairs, routing.dead.length]]))),
  };
}

/** Share of tokens that go to each expert of one layer, as bars. */
export function loadOption({ load, l0 }: RoutingFigures, palette: Palette): ChartOption {
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, { trigger: 'item', formatter: ({ data: [, , share, expert] }: { data: [number, number, number, number] }) => `expert ${expert}\n${percent(share)} of tokens\n${l0[expert] === null ? 'no token' : `${significant(l0[expert], 4)} units fire`}` }),
    xAxis: { ...axis({ name: 'expert', min: -0.5, max: (load.length - 0.5), grid: false, format: (value) => (Number.isInteger(value) ? String(value) : '') }, 'x', palette), minInterval: 1 },
    yAxis: axis({ name: 'tokens that go there', min: 0, format: shareTick }, 'y', palette),
    series: [{ type: 'custom', encode: { x: [0, 1], y: 2 }, clip: true, itemStyle: { color: palette.accent }, renderItem: bar, data: load.map((share, expert) => [expert - 0.4, expert + 0.4, share, expert]) }],
  };
}

export function loadTable({ load, l0 }: RoutingFigures): ChartTable {
  return { columns: ['expert', 'share of tokens', 'units that fire'], rows: load.map((share, expert) => [expert, share, l0[expert] ?? null]) };
}
