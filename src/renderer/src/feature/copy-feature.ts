/** A feature as text and as JSON, for the clipboard. Pure. */
import type { Feature } from '../../../shared/schema/catalog.ts';
import { percent, significant } from '../format/number.ts';
import { plainText, quoted } from '../tokens/display.ts';

/** What the feature is part of. */
export interface FeatureOrigin {
  /** What a unit of a layer is called. */
  readonly unit?: string;
  readonly source: string;
  readonly model: string;
  readonly hook: string;
  readonly link: string;
}

const examplesShown = 10;

/** Figures, label, tokens raised and lowered, and the strongest examples with << >> around the active tokens. */
export function featureText(feature: Feature, origin: FeatureOrigin): string {
  const signs = feature.min < 0 ? `, minimum ${significant(feature.min, 4)}` : '';
  const words = (rows: Feature['topLogits']): string => rows.map(({ token, value }) => `${quoted(token)} ${significant(value)}`).join(', ');
  const strongest = feature.groups.filter(({ share, examples }) => share === null && examples.length > 0);
  return [
    `Feature ${feature.index}${origin.unit === undefined ? '' : `, ${origin.unit},`} of ${origin.source} (${origin.model}, ${origin.hook})`,
    ...(feature.label === null ? [] : [`Label: ${feature.label.text}${feature.label.confidence === null ? '' : ` (confidence ${feature.label.confidence} of 5)`}`]),
    `Fires on ${percent(feature.density)} of ${feature.tokens} tokens; maximum ${significant(feature.max, 4)}${signs}, mean where it fires ${significant(feature.mean, 4)}`,
    ...(feature.topLogits.length === 0 ? [] : [`Makes likelier: ${words(feature.topLogits)}`, `Makes less likely: ${words(feature.bottomLogits)}`]),
    ...strongest.flatMap((group) => ['', `${group.name}:`, ...group.examples.slice(0, examplesShown).map((example) => {
      const value = example.activations.data[example.peak - example.start] ?? 0;
      return `${significant(value)}  ${plainText(example.tokens, example.activations.data, true).replaceAll('\n', '↵')}`;
    })]),
    '', origin.link,
  ].join('\n');
}

/** Everything that the page knows, as JSON; tensors become arrays. */
export function featureJson(feature: Feature, origin: FeatureOrigin): string {
  const plain = (_name: string, value: unknown): unknown => (typeof value === 'object' && value !== null && 'dtype' in value && 'data' in value ? [...(value.data as Iterable<number>)] : value);
  return JSON.stringify({ ...origin, feature }, plain, 2);
}
