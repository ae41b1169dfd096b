/**
 * The rows of Neuronpedia's export, by its field names and types (docs/file-formats.md has the list and what each is made of).
 *
 * Fields that a catalog has nothing for are there and empty: decoder vectors, direct feature attribution, losses, embeddings.
 */
import type { StoreRow } from '../../catalog/tables/contexts.ts';
import type { ExampleRow } from '../../catalog/tables/examples.ts';
import type { FeatureExtras } from '../../catalog/tables/feature-extras.ts';
import type { LabelRow } from '../../catalog/tables/labels.ts';
import type { ScoreRow } from '../../catalog/tables/scores.ts';
import type { SourceRow } from '../../catalog/tables/sources.ts';
import { activationsOf } from '../export/reader.ts';
import type { ExampleWindow, ExportedFeature } from '../export/reader.ts';
import type { NeuronpediaNames } from './names.ts';

/** Who made the rows, where no person did. */
export const creator = 'loupe';

export type Json = Readonly<Record<string, unknown>>;

/** What all rows of a source share. */
export interface RowContext {
  readonly names: NeuronpediaNames;
  readonly source: SourceRow;
  readonly store: StoreRow;
  readonly createdAt: string;
  /** A token as text. */
  readonly text: (token: number) => string;
}

/** Nine digits: a float32 comes back with the same bits. */
export function short(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(9));
}

const shortened = (values: ArrayLike<number>): number[] => Array.from(values, short);

export function releaseRow({ names, createdAt }: RowContext): Json {
  return {
    name: names.set, description: `Features of ${names.set}, from Loupe`, descriptionShort: null, urls: [], creatorEmail: null, creatorName: creator, creatorNameShort: null,
    creatorId: creator, visibility: 'PRIVATE', featured: false, isNewUi: false, defaultSourceSetName: names.set, defaultSourceId: names.source, defaultUmapSourceIds: [], createdAt,
  };
}

export function modelRow({ names, source, createdAt }: RowContext, layers: number, dModel: number): Json {
  return {
    id: names.model, displayNameShort: source.modelName, displayName: source.modelName, creatorId: creator, tlensId: null, dimension: dModel, visibility: 'PRIVATE',
    defaultSourceSetName: null, defaultSourceId: null, inferenceEnabled: false, instruct: false, layers, neuronsPerLayer: 0, owner: creator, website: null, createdAt, updatedAt: createdAt,
  };
}

export function sourceSetRow({ names, createdAt }: RowContext): Json {
  return {
    modelId: names.model, name: names.set, hasDashboards: true, allowInferenceSearch: false, visibility: 'PRIVATE', description: names.set, type: '', creatorName: creator, urls: [],
    creatorEmail: null, creatorId: creator, releaseName: names.set, defaultRange: 1, defaultShowBreaks: true, showDfa: false, showCorrelated: false, showHeadAttribution: false, showUmap: false, createdAt,
  };
}

/** `num_prompts` times `num_tokens_in_prompt` are the tokens that figures were counted over: masked ones are left out of each prompt. */
export function sourceRow({ names, source, store, createdAt }: RowContext): Json {
  const perPrompt = [store.contextLength - 1, store.contextLength].find((length) => length > 0 && source.tokens % length === 0) ?? 1;
  return {
    id: names.source, modelId: names.model, hasDashboards: true, inferenceEnabled: false, saelensConfig: null, saelensRelease: null, saelensSaeId: null, hfRepoId: null, hfFolderId: null,
    visibility: 'PRIVATE', setName: names.set, creatorId: creator, hasUmap: false, hasUmapLogSparsity: false, hasUmapClusters: false,
    num_prompts: source.tokens / perPrompt, num_tokens_in_prompt: perPrompt, dataset: store.corpusName, notes: null, createdAt,
  };
}

/** Centres of a histogram's bins, which are equal in log10 between `low` and `high`, as activations. */
export function binCentres(low: number, high: number, bins: number): number[] {
  return Array.from({ length: bins }, (_, i) => 10 ** (low + ((i + 0.5) * (high - low)) / bins));
}

/** What is stored beside a feature in Neuronpedia's fields. Distances in l1 are not measured; weights by head only where there are heads. */
function extraFields(extras: FeatureExtras | null): Json {
  const none: ArrayLike<number> = [];
  const logits = extras?.logits.counts ?? new Uint32Array(0);
  const middle = (i: number): number => extras!.logits.low + ((i + 0.5) * (extras!.logits.high - extras!.logits.low)) / logits.length;
  return {
    neuron_alignment_indices: Array.from(extras?.aligned.ids ?? none), neuron_alignment_values: shortened(extras?.aligned.values ?? none), neuron_alignment_l1: [],
    correlated_neurons_indices: Array.from(extras?.neurons.ids ?? none), correlated_neurons_pearson: shortened(extras?.neurons.values ?? none), correlated_neurons_l1: [],
    correlated_features_indices: Array.from(extras?.correlated.ids ?? none), correlated_features_pearson: shortened(extras?.correlated.values ?? none), correlated_features_l1: [],
    logits_hist_data_bar_heights: [...logits], logits_hist_data_bar_values: Array.from(logits, (_, i) => short(middle(i))), decoder_weights_dist: shortened(extras?.heads ?? none),
  };
}

export function featureRow(context: RowContext, { record, details, extras }: ExportedFeature): Json {
  const { names, source, createdAt, text } = context;
  const { ids, values } = details.logits;
  const half = ids.length / 2;
  const words = (from: number, to: number): string[] => Array.from(ids.subarray(from, to), text);
  const fires = record.firings > 0;
  return {
    modelId: names.model, layer: names.source, index: String(record.index), creatorId: creator, createdAt, maxActApprox: record.max,
    hasVector: false, vector: [], vectorLabel: null, vectorDefaultSteerStrength: 10, hookName: source.hookPoint,
    topkCosSimIndices: [...details.neighbours.ids], topkCosSimValues: shortened(details.neighbours.values),
    neg_str: words(half, 2 * half), neg_values: shortened(values.subarray(half)), pos_str: words(0, half), pos_values: shortened(values.subarray(0, half)),
    frac_nonzero: record.density,
    freq_hist_data_bar_heights: fires ? [...details.histogram] : [], freq_hist_data_bar_values: fires ? binCentres(details.low, details.high, details.histogram.length) : [],
    ...extraFields(extras), sourceSetName: names.set,
  };
}

/** An example of the top group has no interval: -1 in all three fields. */
function intervalOf(example: ExampleRow, { record, details }: ExportedFeature): Json {
  // Its bins lie above 0: examples below stand as the strongest do.
  if (example.group === 0 || example.group > details.bins.length) return { binMin: -1, binMax: -1, binContains: -1 };
  const n = details.bins.length;
  const fifth = record.max / n;
  return {
    binMin: (n - example.group) * fifth, binMax: (n - example.group + 1) * fifth,
    binContains: record.firings === 0 ? 0 : (details.bins[example.group - 1] ?? 0) / record.firings,
  };
}

/** `id` names the row in this export: Neuronpedia's own ids are made when it is taken in. */
export function activationRow(context: RowContext, feature: ExportedFeature, example: ExampleRow, window: ExampleWindow): Json {
  const { names, store, createdAt } = context;
  const values = activationsOf(example, window.texts.length, feature.record.min < 0);
  const peak = example.peak - example.start;
  let [least, greatest] = [peak, peak];
  values.forEach((value, i) => {
    if (value > values[greatest]!) greatest = i;
    if (value < values[least]!) least = i;
  });
  return {
    id: `${names.source}-${feature.record.index}-${example.group}-${example.rank}`, tokens: window.texts, index: String(feature.record.index), layer: names.source, modelId: names.model,
    maxValue: short(values[greatest]!), maxValueTokenIndex: greatest, minValue: short(values[least]!), values: shortened(values), creatorId: creator, createdAt,
    dataSource: store.corpusName, dataIndex: String(window.number), dfaValues: [], dfaTargetIndex: null, dfaMaxValue: null, lossValues: [], logitContributions: null,
    ...intervalOf(example, feature), qualifyingTokenIndex: peak, zIndices: null, zValues: null,
  };
}

/** A score with what Neuronpedia has no field for in `jsonDetails`. */
function scoreRow(score: ScoreRow): Json {
  const { low, high, n, negatives, promptHash, details } = score;
  return {
    id: score.uid, value: score.value, explanationScoreTypeName: score.scorer, explanationScoreModelName: score.judge,
    jsonDetails: JSON.stringify({ low, high, n, negatives, promptHash, details }), createdAt: score.createdAt,
  };
}

/** A label: `explanationModelName` names the model or rule that made it; a person's has neither type nor model. */
export function explanationRow({ names }: RowContext, label: LabelRow, scores: readonly ScoreRow[]): Json {
  const manual = label.kind === 'manual';
  return {
    id: label.uid, modelId: names.model, layer: names.source, index: String(label.feature), description: label.text, authorId: label.author, embedding: null, triggeredById: null,
    typeName: manual ? null : label.kind, explanationModelName: manual ? null : label.author, notes: label.notes, createdAt: label.createdAt, scores: scores.map(scoreRow),
  };
}

/** What those rows have no field for (exact.ts reads it back). */
export function exactRows({ record, details, labels }: ExportedFeature): Json[] {
  const kept = labels.filter((label) => label.undoneAt === null && (label.confidence !== null || label.family !== ''));
  return [
    { feature: record.index, mean: record.mean, low: details.low, high: details.high },
    ...kept.map((label) => ({ label: label.uid, confidence: label.confidence, family: label.family })),
  ];
}
