/** What a model loses when only the k largest units of a token stay, and under noise in its input. Pure. */
import { count, percent, significant } from '../format/number.ts';
import { axis, logTicks, tick } from './axes.ts';
import { linesOption, measureAxis, measureText, shareTick, studyColour, type Line, type Measure, type NamedStudy } from './sparsity-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

/** Where k = 0 stands on an axis of log10 k: left of 1, with a gap. */
const zeroPlace = -0.5;

const placeOf = (k: number): number => (k === 0 ? zeroPlace : Math.log10(k));

function kAxis(studies: readonly NamedStudy[], palette: Palette): Record<string, unknown> {
  const ks = studies.flatMap(({ study }) => study.topk?.points.map(({ k }) => k) ?? []);
  const high = Math.max(1, ...ks.map(placeOf));
  const low = ks.includes(0) ? zeroPlace - 0.1 : Math.min(0, ...ks.map(placeOf));
  const plainAxis = axis({ name: 'units of a token that stay, k (log)', min: low, max: (high + 0.05), grid: false, format: (value) => (value === zeroPlace ? '0' : tick(10 ** value)) }, 'x', palette);
  return { ...plainAxis, axisLabel: { ...(plainAxis['axisLabel'] as object), customValues: [...(ks.includes(0) ? [zeroPlace] : []), ...logTicks(0, high)] } };
}

/** Loss (or accuracy, ECE) over k: all layers cut, layer `layer` alone dashed, the model as it is dotted. */
export function topKOption(studies: readonly NamedStudy[], layer: number, measure: Measure, palette: Palette): ChartOption {
  const lines = studies.flatMap(({ name, study }, i): Line[] => {
    const { topk } = study;
    if (topk === null || topk.points.length === 0) return [];
    const colour = studyColour(palette, i);
    const alone = topk.points.flatMap(({ k, layers }) => (layers?.[layer] === undefined ? [] : [{ k, score: layers[layer] }]));
    const ends = [topk.points[0]!.k, topk.points.at(-1)!.k];
    return [
      { name: `${name}, all layers`, colour, points: topk.points.map(({ k, all }) => [placeOf(k), all[measure]]), texts: topk.points.map(({ k, all }) => `k ${k}: ${measureText(all)}`) },
      ...(alone.length === 0 ? [] : [{ name: `${name}, layer ${layer} alone`, colour, dash: 'dashed' as const, points: alone.map(({ k, score }) => [placeOf(k), score[measure]] as const), texts: alone.map(({ k, score }) => `k ${k}: ${measureText(score)}`) }]),
      { name: `${name}, no cut`, colour, dash: 'dotted', symbol: false, points: ends.map((k) => [placeOf(k), topk.reference[measure]]), texts: ends.map(() => measureText(topk.reference)) },
    ];
  });
  return linesOption(lines, kAxis(studies, palette), measureAxis(measure, palette), palette);
}

export function topKTable(studies: readonly NamedStudy[]): ChartTable {
  return {
    columns: ['study', 'cut', 'k', 'tokens', 'loss', 'accuracy', 'confidence', 'ece'],
    rows: studies.flatMap(({ name, study }) => {
      if (study.topk === null) return [];
      const row = (cut: string, k: number | string, { tokens, loss, accuracy, confidence, ece }: typeof study.full): (string | number)[] => [name, cut, k, tokens, loss, accuracy, confidence, ece];
      return [row('none', '', study.topk.reference), ...study.topk.points.flatMap(({ k, all, layers }) => [row('all layers', k, all), ...(layers ?? []).map((score, layer) => row(`layer ${layer}`, k, score))])];
    }),
  };
}

/** Of the first line, the second, and all others. */
const dashes = [undefined, 'dashed', 'dotted'] as const;

/** Accuracy over confidence, bin by bin, marks by the tokens in a bin: a line for each number of units that stay; on the dotted diagonal confidence is accuracy. */
export function reliabilityOption(studies: readonly NamedStudy[], palette: Palette): ChartOption {
  const lines = studies.flatMap(({ name, study }, i): Line[] => study.reliability.map(({ keep, bins }, at): Line => {
    const filled = bins.filter((bin) => bin.count > 0);
    const most = Math.max(1, ...filled.map((bin) => bin.count));
    const dash = dashes[Math.min(at, dashes.length - 1)];
    return {
      name: `${name}, ${keep === null ? 'all units' : `k ${keep}`}`, colour: studyColour(palette, i), ...(dash === undefined ? {} : { dash }),
      sizes: filled.map((bin) => Math.max(3, 11 * Math.sqrt(bin.count / most))), points: filled.map(({ confidence, accuracy }) => [confidence, accuracy]), texts: filled.map(({ count: n, confidence, accuracy }) => `confidence ${percent(confidence)}, accuracy ${percent(accuracy)}, ${count(n)} tokens`),
    };
  }));
  const diagonal = { type: 'line', data: [[0, 0], [1, 1]], showSymbol: false, silent: true, lineStyle: { color: palette.text2, width: 1, type: 'dotted' } };
  const quarters = (name: string, side: 'x' | 'y'): Record<string, unknown> => ({ ...axis({ name, min: 0, max: 1, format: shareTick, grid: side === 'y' }, side, palette), interval: 0.25 });
  return linesOption(lines, quarters('confidence', 'x'), quarters('accuracy', 'y'), palette, [diagonal]);
}

export function reliabilityTable(studies: readonly NamedStudy[]): ChartTable {
  return {
    columns: ['study', 'k', 'bin', 'tokens', 'confidence', 'accuracy'],
    rows: studies.flatMap(({ name, study }) => study.reliability.flatMap(({ keep, bins }) => bins.map(({ count: n, confidence, accuracy }, bin) => [name, keep, bin, n, confidence, accuracy]))),
  };
}

export type NoiseKind = 'embedding' | 'substitution';

const levelNames: Readonly<Record<NoiseKind, string>> = { embedding: 'noise on embeddings, rms of their entries', substitution: 'input tokens drawn anew' };

/** Loss (or accuracy, ECE) over noise: a line for each number of units that stay, the model as it is solid. */
export function noiseOption(studies: readonly NamedStudy[], kind: NoiseKind, measure: Measure, palette: Palette): ChartOption {
  const lines = studies.flatMap(({ name, study }, i): Line[] => (study.noise === null ? [] : study.noise.keep.map((keep, at): Line => {
    const series = study.noise![kind];
    const dash = dashes[Math.min(at, dashes.length - 1)];
    return {
      name: `${name}, ${keep === null ? 'all units' : `k ${keep}`}`, colour: studyColour(palette, i), ...(dash === undefined ? {} : { dash }),
      points: series.map(({ level, scores }) => [level, scores[at]![measure]]), texts: series.map(({ level, scores }) => `${kind === 'embedding' ? significant(level) : shareTick(level)}: ${measureText(scores[at]!)}`),
    };
  })));
  return linesOption(lines, axis({ name: levelNames[kind], min: 0, grid: false, ...(kind === 'substitution' ? { format: shareTick } : {}) }, 'x', palette), measureAxis(measure, palette), palette);
}

export function noiseTable(studies: readonly NamedStudy[], kind: NoiseKind): ChartTable {
  return {
    columns: ['study', 'level', 'k', 'loss', 'accuracy', 'confidence', 'ece'],
    rows: studies.flatMap(({ name, study }) => (study.noise?.[kind] ?? []).flatMap(({ level, scores }) => scores.map(({ loss, accuracy, confidence, ece }, at) => [name, level, study.noise!.keep[at] ?? null, loss, accuracy, confidence, ece]))),
  };
}
