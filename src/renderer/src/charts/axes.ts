/** Parts that every chart shares: axes with units, a grid, a tooltip that is drawn and never parsed as HTML. */
import { significant } from '../format/number.ts';
import type { Palette } from './types.ts';

export interface AxisSpec {
  readonly name: string;
  readonly min?: number | 'dataMin';
  readonly max?: number | 'dataMax';
  readonly format?: (value: number) => string;
  readonly grid?: boolean;
}

/** A tick's label: three figures at most, without trailing zeros. */
export function tick(value: number): string {
  return significant(value, 3).replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');
}

/** Tick places on an axis that runs from `low` to `high` in log10: powers of ten, with 2 and 5 between them where there is room. */
export function logTicks(low: number, high: number): number[] {
  const span = high - low;
  const digits = span > 3 ? [1] : span > 1.3 ? [1, 3] : [1, 2, 5];
  const every = Math.max(1, Math.ceil(span / 6));
  const places: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (power % every !== 0) continue;
    for (const digit of digits) places.push(power + Math.log10(digit));
  }
  return places.filter((place) => place >= low - 1e-9 && place <= high + 1e-9);
}

/** An axis in log10 units from `low` to `high`, labelled in the data's own; its name says that it is logarithmic. */
export function logAxis(name: string, low: number, high: number, side: 'x' | 'y', palette: Palette): Record<string, unknown> {
  const plainAxis = axis({ name: `${name} (log)`, min: low, max: high, format: (value) => tick(10 ** value), grid: side === 'y' }, side, palette);
  const customValues = logTicks(low, high);
  // Under half a decade the round numbers may all lie outside: then ECharts' own ticks serve.
  if (customValues.length < 2) return plainAxis;
  return { ...plainAxis, axisLabel: { ...(plainAxis.axisLabel as object), customValues }, axisTick: { show: false, customValues } };
}

/** A value axis whose name carries the unit. */
export function axis(spec: AxisSpec, side: 'x' | 'y', palette: Palette): Record<string, unknown> {
  return {
    type: 'value',
    name: spec.name,
    nameLocation: 'middle',
    nameGap: side === 'x' ? 24 : 44,
    nameTextStyle: { color: palette.text2, fontSize: 11 },
    ...(spec.min === undefined ? {} : { min: spec.min }),
    ...(spec.max === undefined ? {} : { max: spec.max }),
    axisLine: { show: side === 'x', lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: { color: palette.text2, fontSize: 11, fontFamily: palette.mono, hideOverlap: true, formatter: spec.format ?? tick },
    splitLine: { show: spec.grid ?? side === 'y', lineStyle: { color: palette.line, width: 1 } },
    splitNumber: 4,
  };
}

export function grid(): Record<string, unknown> {
  return { left: 58, right: 14, top: 12, bottom: 40 };
}

/** Rich-text tooltips are drawn on the canvas, so that no text of a model or a user is ever parsed as HTML. */
export function tooltip(palette: Palette, rest: Record<string, unknown>): Record<string, unknown> {
  return {
    renderMode: 'richText', confine: true, transitionDuration: 0,
    backgroundColor: palette.surface, borderColor: palette.line, borderWidth: 1, padding: [6, 8],
    textStyle: { color: palette.text, fontSize: 12, fontFamily: palette.mono, lineHeight: 16 },
    ...rest,
  };
}

/** Text that may stand in a rich-text tooltip: braces and bars start a style there. */
export function plain(text: string): string {
  return text.replaceAll(/[{}|]/g, ' ');
}
