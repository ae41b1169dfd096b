/** The rules that rows obey beyond what the schema can say. Each function returns what is wrong in words, or null. */
import type { ContextRow } from './tables/contexts.ts';
import type { ExampleRow } from './tables/examples.ts';
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
  if (row.mean < 0 || row.mean > row.max * 1.00001) return `${name} has mean ${row.mean} and maximum ${row.max}`;
  if (sum(details.histogram) !== row.firings || sum(details.bins) !== row.firings) return `${name} has a histogram that does not add up to its ${row.firings} firings`;
  if (!details.logits.ids.every(knows)) return `${name} raises or lowers a token that the vocabulary lacks`;
  if (!details.logits.values.every(Number.isFinite)) return `${name} has a logit effect that is not finite`;
  if (!details.neighbours.ids.every((index) => index >= 0 && index < source.features)) return `${name} has a neighbour that is no feature`;
  return details.neighbours.values.every((cosine) => Math.abs(cosine) <= 1.001) ? null : `${name} has a neighbour at a cosine beyond 1`;
}

export function exampleProblem(row: ExampleRow, feature: FeatureRecord, contextLength: number): string | null {
  const name = `example ${row.group}/${row.rank} of feature ${feature.index}`;
  const end = row.start + row.activations.length;
  if (row.activations.length === 0 || end > contextLength) return `${name} does not fit in its context`;
  if (row.peak < row.start || row.peak >= end) return `${name} has its peak outside its window`;
  if (!(row.value > 0) || row.value > row.maximum || row.value > feature.max) return `${name} has the activation ${row.value}, and its window at most ${row.maximum}`;
  const step = row.maximum / 255;
  return Math.abs(row.activations[row.peak - row.start]! * step - row.value) <= step ? null : `${name} has different activations at its peak`;
}

export function scoreProblem(row: ScoreRow): string | null {
  const inside = (value: number): boolean => value >= -1 && value <= 1;
  if (!inside(row.value)) return `score ${row.id} is ${row.value}, beyond what a score can be`;
  if (row.n < 0) return `score ${row.id} says that ${row.n} windows were judged`;
  if ((row.low === null) !== (row.high === null)) return `score ${row.id} has half an interval`;
  return row.low === null || (row.low <= row.value && row.value <= row.high! && inside(row.low) && inside(row.high!)) ? null : `score ${row.id} lies outside its interval`;
}
