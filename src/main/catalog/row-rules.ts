/** The rules that rows obey beyond what the schema can say. Each function returns what is wrong in words, or null. */
import { tokenClasses } from '../../shared/schema/catalog.ts';
import { steps } from './blobs.ts';
import { unpackDirection } from './directions.ts';
import type { EmbeddingRow } from './tables/embeddings.ts';
import type { MapRow } from './tables/maps.ts';
import type { ContextRow } from './tables/contexts.ts';
import type { ExampleRow } from './tables/examples.ts';
import type { FeatureExtras } from './tables/feature-extras.ts';
import type { FeatureDetails, FeatureRecord } from './tables/features.ts';
import type { ScoreRow } from './tables/scores.ts';
import type { SourceRow } from './tables/sources.ts';

export function contextProblem(row: ContextRow, contextLength: number, knows: (token: number) => boolean): string | null {
  if (row.tokens.length !== contextLength) return `context ${row.id} has ${row.tokens.length} tokens instead of ${contextLength}`;
  const strange = row.tokens.find((token) => !knows(token));
  if (strange !== undefined) return `context ${row.id} holds token ${strange}, which the vocabulary lacks`;
  for (let i = 0; i < row.documents.length; i += 2) {
    const position = row.documents[i]!;
    const risen = i === 0 ? position === 0 : position > row.documents[i - 2]!;
    if (!risen || position >= contextLength) return `context ${row.id} has document runs that do not rise from 0`;
  }
  return row.documents.length === 0 ? `context ${row.id} names no document` : null;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((a, b) => a + b, 0);
}

export function featureProblem(row: FeatureRecord, details: FeatureDetails, source: SourceRow, knows: (token: number) => boolean): string | null {
  const name = `feature ${row.index} of source ${source.id}`;
  if (row.index >= source.features) return `${name} is beyond the source's ${source.features}`;
  if (row.firings > source.tokens) return `${name} fires ${row.firings} times in ${source.tokens} tokens`;
  if (Math.abs(row.density * source.tokens - row.firings) > 1e-6 * source.tokens) return `${name} has density ${row.density} for ${row.firings} firings in ${source.tokens} tokens`;
  if (row.min > 0 || row.max < 0 || row.mean < row.min * 1.00001 || row.mean > row.max * 1.00001) return `${name} has mean ${row.mean}, minimum ${row.min} and maximum ${row.max}`;
  if (row.tokenClass !== null && !tokenClasses.some((known) => known === row.tokenClass)) return `${name} has a token class that Loupe does not know`;
  const below = row.firings - sum(details.histogram);
  if (below < 0 || (below > 0) !== (row.min < 0) || sum(details.histogram) !== sum(details.bins)) return `${name} has a histogram that does not add up to its ${row.firings} firings`;
  if (!details.logits.ids.every(knows)) return `${name} raises or lowers a token that the vocabulary lacks`;
  if (!details.logits.values.every(Number.isFinite)) return `${name} has a logit effect that is not finite`;
  if (!details.neighbours.ids.every((index) => index >= 0 && index < source.features)) return `${name} has a neighbour that is no feature`;
  return details.neighbours.values.every((cosine) => Math.abs(cosine) <= 1.001) ? null : `${name} has a neighbour at a cosine beyond 1`;
}

/** Rules of the extras, which a catalog of an older Loupe lacks: then only a feature without firings below 0 is whole. */
export function extrasProblem(row: FeatureRecord, details: FeatureDetails, extras: FeatureExtras | null, source: SourceRow): string | null {
  const name = `feature ${row.index} of source ${source.id}`;
  if (extras === null) return row.min < 0 ? `${name} fires below 0, and no histogram says how` : null;
  const below = row.firings - sum(details.histogram);
  if (sum(extras.negative.counts) !== below || sum(extras.negativeBins) !== below) return `${name} has a histogram below 0 that does not add up to its ${below} firings there`;
  for (const { ids } of [extras.correlated, extras.cooccurring]) {
    if (!ids.every((index) => index >= 0 && index < source.features && index !== row.index)) return `${name} goes with something that is no other feature`;
  }
  if (!extras.cooccurring.counts.every((count) => count > 0 && count <= row.firings)) return `${name} fires together with another more often than it fires`;
  for (const { values } of [extras.correlated, extras.neurons]) if (!values.every((r) => Math.abs(r) <= 1.001)) return `${name} has a correlation beyond 1`;
  if (![...extras.neurons.ids, ...extras.aligned.ids].every((dimension) => dimension >= 0)) return `${name} names a dimension below 0`;
  const numbers = [extras.norm, extras.l1, ...extras.heads];
  return numbers.every((value) => Number.isFinite(value) && value >= 0) && extras.aligned.values.every(Number.isFinite) ? null : `${name} has decoder weights that are not finite`;
}

export function exampleProblem(row: ExampleRow, feature: FeatureRecord, contextLength: number): string | null {
  const wrong = exampleFault(row, feature, contextLength);
  return wrong === null ? null : `example ${row.group}/${row.rank} of feature ${feature.index} ${wrong}`;
}

/** Checked a million times in a row: nothing is made for an example that is right. */
function exampleFault(row: ExampleRow, feature: FeatureRecord, contextLength: number): string | null {
  const end = row.start + row.activations.length;
  if (row.activations.length === 0 || end > contextLength) return 'does not fit in its context';
  if (row.peak < row.start || row.peak >= end) return 'has its peak outside its window';
  const signed = feature.min < 0;
  const fits = signed ? row.value !== 0 && row.value >= feature.min : row.value > 0;
  if (!fits || !(Math.abs(row.value) <= row.maximum) || row.value > feature.max) return `has the activation ${row.value}, and its window at most ${row.maximum}`;
  const byte = row.activations[row.peak - row.start]!;
  const step = row.maximum / steps(signed);
  const stored = Math.fround((signed ? (byte << 24) >> 24 : byte) * step);
  return Math.abs(stored - row.value) <= step ? null : 'has different activations at its peak';
}

export function scoreProblem(row: ScoreRow): string | null {
  const inside = (value: number): boolean => value >= -1 && value <= 1;
  if (!inside(row.value)) return `score ${row.id} is ${row.value}, beyond what a score can be`;
  if (row.n < 0) return `score ${row.id} says that ${row.n} windows were judged`;
  if ((row.low === null) !== (row.high === null)) return `score ${row.id} has half an interval`;
  return row.low === null || (row.low <= row.value && row.value <= row.high! && inside(row.low) && inside(row.high!)) ? null : `score ${row.id} lies outside its interval`;
}

/** A direction has length 1 but for its rounding; where there was no text it is 0. */
export function directionProblem(row: EmbeddingRow, source: number): string | null {
  const name = `the direction of feature ${row.feature} of source ${source}`;
  if (row.kind !== 'label' && row.text !== '') return `${name} has a text that is no label`;
  const length = Math.hypot(...unpackDirection(row.vector));
  const expected = row.kind === 'none' ? 0 : 1;
  return Math.abs(length - expected) < 0.05 ? null : `${name} has the length ${length.toFixed(3)} instead of ${expected}`;
}

export function mapProblem(row: MapRow, features: number): string | null {
  const name = `the map ${JSON.stringify(row.kind)} of source ${row.source}`;
  if (row.points.length !== 2 * features) return `${name} has ${row.points.length / 2} points for ${features} features`;
  const strange = row.points.findIndex((value) => !Number.isFinite(value));
  return strange < 0 ? null : `${name} has a point that is nowhere (feature ${Math.floor(strange / 2)})`;
}
