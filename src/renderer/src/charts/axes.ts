/** Parts that every chart shares: axes with units, a grid, a tooltip that is drawn and never parsed as HTML. */
import { significant } from '../format/number.ts';
import type { Palette } from './types.ts';

export interface AxisSpec {
  readonly name: string;
  readonly log?: boolean;
  readonly min?: number | 'dataMin';
  readonly max?: number | 'dataMax';
  readonly format?: (value: number) => string;
  readonly grid?: boolean;
}

/** A value or log axis whose name carries the unit; a log axis says so. */
export function axis(spec: AxisSpec, side: 'x' | 'y', palette: Palette): Record<string, unknown> {
  return {
    type: spec.log ? 'log' : 'value',
    name: spec.log ? `${spec.name} (log)` : spec.name,
    nameLocation: 'middle',
    nameGap: side === 'x' ? 24 : 44,
    nameTextStyle: { color: palette.text2, fontSize: 11 },
    ...(spec.min === undefined ? {} : { min: spec.min }),
    ...(spec.max === undefined ? {} : { max: spec.max }),
    axisLine: { show: side === 'x', lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: { color: palette.text2, fontSize: 11, fontFamily: palette.mono, hideOverlap: true, formatter: spec.format ?? ((value: number) => significant(value, 3)) },
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
