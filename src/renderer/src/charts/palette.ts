/** The current theme's colours for charts. Reactive through the theme. */
import { theme } from '../app/theme.svelte.ts';
import type { Palette } from './types.ts';

export function palette(): Palette {
  return {
    text: theme.colour('text'), text2: theme.colour('text-3'), line: theme.colour('line'), surface: theme.colour('surface-1'),
    accent: theme.colour('accent'), activation: theme.colour('activation'), negative: theme.colour('negative'),
    series: [1, 2, 3, 4].map((n) => theme.colour(`series-${n}`)),
    mono: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    font: 'system-ui, sans-serif',
  };
}
