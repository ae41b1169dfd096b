/** Loss of each domain before a purge, after it, and with as many experts at random switched off: bars side by side. Pure. */
import type { PurgeResult } from '../../../shared/schema/experts.ts';
import { fixed, signed } from '../format/number.ts';
import { axis, grid, plain, tooltip } from './axes.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

/** What stands side by side, with the colour of each: the legend is drawn from it. */
export const purgeBars = [['before', 'before', 'text2'], ['after', 'after the purge', 'activation'], ['random', 'as many at random', 'negative']] as const;

export function purgeOption({ losses }: Pick<PurgeResult, 'losses'>, palette: Palette): ChartOption {
  return {
    animation: false,
    grid: { ...grid(), bottom: 24 },
    tooltip: tooltip(palette, {
      trigger: 'axis', axisPointer: { type: 'none' },
      formatter: (items: { dataIndex: number }[]) => purgeText(losses[items[0]?.dataIndex ?? 0]),
    }),
    xAxis: { type: 'category', data: losses.map(({ domain }) => domain), axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, axisLabel: { color: palette.text2, fontSize: 11, hideOverlap: true } },
    yAxis: axis({ name: 'loss, nats a token', min: 0 }, 'y', palette),
    series: purgeBars.map(([key, name, colour]) => ({ type: 'bar', name, data: losses.map((loss) => loss[key]), itemStyle: { color: palette[colour] }, barMaxWidth: 26, barGap: '10%' })),
  };
}

function purgeText(loss: PurgeResult['losses'][number] | undefined): string {
  if (loss === undefined) return '';
  return [plain(loss.domain), `before  ${fixed(loss.before, 4)}`, `after   ${fixed(loss.after, 4)} (${signed(loss.change, 4)})`, `random  ${fixed(loss.random, 4)} (${signed(loss.randomChange, 4)})`].join('\n');
}

/** One row a domain. */
export function purgeTable({ losses }: Pick<PurgeResult, 'losses'>): ChartTable {
  return {
    columns: ['domain', 'tokens', 'before', 'after', 'change', 'random', 'random change'],
    rows: losses.map(({ domain, tokens, before, after, change, random, randomChange }) => [domain, tokens, before, after, change, random, randomChange]),
  };
}
