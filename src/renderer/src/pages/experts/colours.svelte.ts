/** The colour of each domain in the current theme. */
import { theme } from '../../app/theme.svelte.ts';
import type { MapColours } from '../../experts/map.ts';

/** Names of colours in styles/tokens.css, in the order in which domains take them; from the ninth on they repeat, and the name beside the colour tells. */
const names = ['series-1', 'series-2', 'series-3', 'series-4', 'ok', 'error', 'warn', 'text-3'] as const;

export function domainColour(domain: number): string {
  return theme.colour(names[domain % names.length]!);
}

export function mapColours(domains: number): MapColours {
  return { domains: Array.from({ length: domains }, (_, domain) => theme.rgb(names[domain % names.length]!)), shared: theme.rgb('text-3'), surface: theme.rgb('surface-1'), chosen: theme.rgb('text') };
}
