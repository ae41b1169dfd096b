/** The questions that a catalog answers: one function a command of the contract, on a handle that cannot write. */
import { statSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import type { CommandInput, CommandOutput } from '../../shared/contract.ts';
import type { CatalogInfo, Example, ExampleGroup, Feature, FeatureRow, Label, Source } from '../../shared/schema/catalog.ts';
import { labelKinds } from '../../shared/schema/catalog.ts';
import { vector } from '../../shared/schema/tensor.ts';
import { dequantise, expandDocuments, steps } from './blobs.ts';
import { facetsOf } from './columns/facets.ts';
import { hitsInContexts, rankedByLabel } from './columns/search.ts';
import { selectFeatures } from './columns/select.ts';
import { columnsOf } from './columns/source-columns.ts';
import type { ReadHandle } from './handle.ts';
import { extrasOf, negativeOf, tokenClassOf } from './reading-extras.ts';
import { ftsQuery, parseSearch, snippetOf } from './search-text.ts';
import { heldFeatures } from './selection.ts';
import { context, contextBeside } from './tables/contexts.ts';
import type { ContextRow } from './tables/contexts.ts';
import { examples, examplesInContext, topExample } from './tables/examples.ts';
import type { ExampleRow } from './tables/examples.ts';
import { featureExtras } from './tables/feature-extras.ts';
import { feature, featureDetails, labelText } from './tables/features.ts';
import type { Effects, FeatureRecord } from './tables/features.ts';
import { currentLabel, labelHistory } from './tables/labels.ts';
import type { LabelRow } from './tables/labels.ts';
import { source, sources } from './tables/sources.ts';
import type { CountedSource, SourceRow } from './tables/sources.ts';
import { vocabularyOf } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A command's input without the handle by which main knows the catalog. */
type Input<N extends 'catalog.features' | 'catalog.indices' | 'catalog.facets' | 'catalog.columns' | 'catalog.feature' | 'catalog.context' | 'catalog.contextBeside' | 'catalog.search' | 'catalog.labels'> = Omit<CommandInput<N>, 'catalog'>;

function toSource({ model: _model, store: _store, ...row }: CountedSource): Source {
  return row;
}

export function requireSource(db: ReadHandle, id: number): SourceRow {
  const row = source(db, id);
  if (row !== null) return row;
  const known = sources(db).map((s) => s.id).join(', ');
  throw new LoupeError('not-found', `${db.path} has no source ${id}${known === '' ? '' : ` (it has ${known})`}.`);
}

export function requireFeature(db: ReadHandle, sourceRow: SourceRow, index: number): FeatureRecord {
  const row = feature(db, sourceRow.id, index);
  if (row !== null) return row;
  const absent = heldFeatures(sourceRow) < sourceRow.features ? 'this file holds a selection without it' : 'the catalog is incomplete: build it again to go on';
  const why = index < sourceRow.features ? absent : `it has ${sourceRow.features} features`;
  throw new LoupeError('not-found', `source ${sourceRow.id} has no feature ${index}: ${why}.`);
}

/** What the file is; `handle` and `readOnly` are the caller's. */
export function catalogInfo(db: ReadHandle): Omit<CatalogInfo, 'catalog' | 'readOnly'> {
  return db.snapshot(() => {
    const all = sources(db).map(toSource);
    return {
      path: db.path, bytes: statSync(db.path).size, schemaVersion: Number(db.pragma('user_version')),
      complete: all.length > 0 && all.every((s) => s.complete), sources: all,
    };
  });
}

export function toLabel(row: LabelRow, currentId: number | null): Label {
  const { uid: _uid, source: _source, feature: _feature, undoneAt, ...rest } = row;
  return { ...rest, current: row.id === currentId, undone: undoneAt !== null };
}

function previewOf(db: ReadHandle, vocabulary: Vocabulary, sourceId: number, index: number): FeatureRow['preview'] {
  const example = topExample(db, sourceId, index);
  const row = example === null ? null : context(db, example.context);
  if (example === null || row === null) return null;
  const words = (from: number, to: number): string => Array.from(row.tokens.subarray(Math.max(0, from), to), (token) => vocabulary.text(token)).join('');
  return { before: words(example.peak - 8, example.peak), peak: words(example.peak, example.peak + 1), after: words(example.peak + 1, example.peak + 9) };
}

function toRow(db: ReadHandle, vocabulary: Vocabulary, sourceId: number, record: FeatureRecord): FeatureRow {
  const { firings, labelKind, ...rest } = record;
  return { ...rest, dead: firings === 0, labelKind: labelKinds.find((kind) => kind === labelKind) ?? null, preview: previewOf(db, vocabulary, sourceId, record.index) };
}

/** A feature that a column lists; a column that says otherwise than its table is damaged. */
function listedFeature(db: ReadHandle, sourceId: number, index: number): FeatureRecord {
  const found = feature(db, sourceId, index);
  if (found === null) throw new LoupeError('bad-file', `${db.path} lists feature ${index} of source ${sourceId}, which is not there. \`loupe catalog verify\` says more; fetch the file again.`);
  return found;
}

type WarmPart = 'figures' | 'labels' | 'label order' | 'contexts' | 'authors';

/** Brings one part of a source's columns to memory ahead of the first sort, filter or search; some 100 ms each for 131,072 features. */
export function warm(db: ReadHandle, input: { readonly source: number; readonly part: WarmPart }): null {
  return db.snapshot(() => {
    const held = columnsOf(db, requireSource(db, input.source));
    const work: Readonly<Record<WarmPart, () => unknown>> = {
      figures: () => (['density', 'max', 'mean', 'min'] as const).map((name) => held.order(name)),
      labels: () => [...(['score', 'confidence', 'family'] as const).map((name) => held.order(name)), held.featureOfLabel(-1)],
      'label order': () => held.order('label'), contexts: () => held.contexts(), authors: () => held.authors(),
    };
    work[input.part]();
    return null;
  });
}

/** One page of a query: chosen in memory, its rows and texts from the file. */
export function features(db: ReadHandle, input: Input<'catalog.features'>): CommandOutput<'catalog.features'> {
  return db.snapshot(() => {
    const { offset, limit, ...query } = input;
    const row = requireSource(db, input.source);
    const selected = selectFeatures(db, columnsOf(db, row), query);
    const vocabulary = vocabularyOf(db, row.model);
    const page = Array.from(selected.subarray(offset, offset + limit), (index) => toRow(db, vocabulary, row.id, listedFeature(db, row.id, index)));
    return { total: selected.length, rows: page };
  });
}

export function indices(db: ReadHandle, input: Input<'catalog.indices'>): CommandOutput<'catalog.indices'> {
  return db.snapshot(() => ({ indices: vector(selectFeatures(db, columnsOf(db, requireSource(db, input.source)), input)) }));
}

export function facets(db: ReadHandle, input: Input<'catalog.facets'>): CommandOutput<'catalog.facets'> {
  return db.snapshot(() => facetsOf(db, columnsOf(db, requireSource(db, input.source))));
}

export function columns(db: ReadHandle, input: Input<'catalog.columns'>): CommandOutput<'catalog.columns'> {
  return db.snapshot(() => {
    const held = columnsOf(db, requireSource(db, input.source));
    return { columns: input.names.map((name) => vector(Float32Array.from(held.range(name)))) };
  });
}

function windowOf(row: ContextRow, start: number, length: number): { tokens: Int32Array; document: Int32Array } {
  const end = Math.min(row.tokens.length, start + length);
  return { tokens: row.tokens.slice(start, end), document: expandDocuments(row.documents, row.tokens.length) };
}

function specialsIn(vocabulary: Vocabulary, tokens: Int32Array): number[] {
  return [...tokens.keys()].filter((i) => vocabulary.entry(tokens[i]!).special);
}

function requireContext(db: ReadHandle, id: number): ContextRow {
  const row = context(db, id);
  if (row === null) throw new LoupeError('bad-file', `${db.path}: an example refers to context ${id}, which is not there.`);
  return row;
}

/** float32 activations of a window out of their 8-bit steps; the peak is put in exactly. */
function activationsOf(example: ExampleRow, length: number, signed: boolean): Float32Array {
  const out = new Float32Array(length);
  out.set(dequantise(example.activations.subarray(0, length), example.maximum, signed));
  const peak = example.peak - example.start;
  if (peak < length) out[peak] = example.value;
  return out;
}

function toExample(db: ReadHandle, vocabulary: Vocabulary, example: ExampleRow, signed: boolean): Example {
  const row = requireContext(db, example.context);
  const { tokens, document } = windowOf(row, example.start, example.activations.length);
  return {
    context: row.id, document: document[example.peak] ?? -1, start: example.start, peak: example.peak,
    tokens: Array.from(tokens, (token) => vocabulary.text(token)), tokenIds: vector(tokens),
    activations: vector(activationsOf(example, tokens.length, signed)), step: example.maximum / steps(signed), special: specialsIn(vocabulary, tokens),
  };
}

/** The groups of one sign: the strongest, then each fifth of (0, bound], the highest first. `bound` is the maximum, or the minimum below 0. */
function polesGroups(bound: number, bins: Uint32Array, firings: number, first: number, examplesOf: (group: number) => Example[]): ExampleGroup[] {
  const top = examplesOf(first);
  const sign = Math.sign(bound);
  const of = (share: number): number => bound * share;
  const range = (a: number, b: number): { low: number; high: number } => ({ low: Math.min(a, b), high: Math.max(a, b) });
  const weakest = top.at(-1);
  return [
    { name: sign < 0 ? 'Strongest below 0' : 'Top activations', ...range(weakest?.activations.data[weakest.peak - weakest.start] ?? 0, bound), share: null, examples: top },
    ...Array.from(bins, (count, i) => ({
      name: `Interval ${bins.length - i} of ${bins.length}${sign < 0 ? ' below 0' : ''}`, ...range(of((bins.length - 1 - i) / bins.length), of((bins.length - i) / bins.length)),
      share: firings === 0 ? 0 : count / firings, examples: examplesOf(first + i + 1),
    })),
  ];
}

function groupsOf(db: ReadHandle, vocabulary: Vocabulary, sourceId: number, record: FeatureRecord, bins: Uint32Array, negativeBins: Uint32Array): ExampleGroup[] {
  const rows = examples(db, sourceId, record.index);
  const examplesOf = (group: number): Example[] => rows.filter((row) => row.group === group).map((row) => toExample(db, vocabulary, row, record.min < 0));
  const below = record.min < 0 ? polesGroups(record.min, negativeBins, record.firings, 1 + bins.length, examplesOf) : [];
  return record.max > 0 || record.min >= 0 ? [...polesGroups(record.max, bins, record.firings, 0, examplesOf), ...below] : below;
}

function effectsOf(vocabulary: Vocabulary, effects: Effects, from: number, to: number): Feature['topLogits'] {
  return Array.from(effects.ids.subarray(from, to), (tokenId, i) => ({ token: vocabulary.text(tokenId), tokenId, value: effects.values[from + i]! }));
}

export function featurePageOf(db: ReadHandle, input: Input<'catalog.feature'>): Feature {
  return db.snapshot(() => {
    const row = requireSource(db, input.source);
    const record = requireFeature(db, row, input.index);
    const details = featureDetails(db, row.id, input.index);
    const vocabulary = vocabularyOf(db, row.model);
    const half = details.logits.ids.length / 2;
    const label = currentLabel(db, row.id, input.index);
    const extras = featureExtras(db, row.id, input.index);
    return {
      source: row.id, index: record.index, density: record.density, firings: record.firings, tokens: row.tokens, max: record.max, mean: record.mean,
      min: record.min, dead: record.firings === 0, tokenClass: tokenClassOf(record.tokenClass), negative: negativeOf(extras), extras: extrasOf(db, row.id, record, extras),
      histogram: { low: details.low, high: details.high, counts: vector(Float64Array.from(details.histogram)) },
      topLogits: effectsOf(vocabulary, details.logits, 0, half), bottomLogits: effectsOf(vocabulary, details.logits, half, 2 * half),
      neighbours: Array.from(details.neighbours.ids, (index, i) => ({ index, cosine: details.neighbours.values[i]!, label: labelText(db, row.id, index) })),
      label: label === null ? null : toLabel(label, label.id),
      groups: groupsOf(db, vocabulary, row.id, record, details.bins, extras?.negativeBins ?? new Uint32Array(0)),
    };
  });
}

/** The whole stored context; activations are 0 outside the feature's windows in it, and the finest of overlapping windows wins. */
export function wholeContext(db: ReadHandle, input: Input<'catalog.context'>): Example {
  return db.snapshot(() => {
    const owner = requireSource(db, input.source);
    const row = context(db, input.context);
    if (row === null) throw new LoupeError('not-found', `${db.path} has no context ${input.context}.`);
    return shownContext(db, vocabularyOf(db, owner.model), requireFeature(db, owner, input.index), input.source, row);
  });
}

/** The stored context before or after another one, or null. Kind not-found for a context that is not there. */
export function besideContext(db: ReadHandle, input: Input<'catalog.contextBeside'>): CommandOutput<'catalog.contextBeside'> {
  return db.snapshot(() => {
    const owner = requireSource(db, input.source);
    const from = context(db, input.context);
    if (from === null) throw new LoupeError('not-found', `${db.path} has no context ${input.context}.`);
    const row = contextBeside(db, from, input.by);
    return { context: row === null ? null : shownContext(db, vocabularyOf(db, owner.model), requireFeature(db, owner, input.index), input.source, row) };
  });
}

function shownContext(db: ReadHandle, vocabulary: Vocabulary, record: FeatureRecord, sourceId: number, row: ContextRow): Example {
  const windows = examplesInContext(db, sourceId, record.index, row.id).sort((a, b) => b.maximum - a.maximum);
  const signed = record.min < 0;
  const activations = new Float32Array(row.tokens.length);
  for (const window of windows) activations.set(activationsOf(window, Math.min(window.activations.length, activations.length - window.start), signed), window.start);
  const best = windows.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))[0];
  const peak = best?.peak ?? 0;
  return {
    context: row.id, document: expandDocuments(row.documents, row.tokens.length)[peak] ?? -1, start: 0, peak,
    tokens: Array.from(row.tokens, (token) => vocabulary.text(token)), tokenIds: vector(row.tokens), activations: vector(activations),
    step: (windows[0]?.maximum ?? 0) / steps(signed), special: specialsIn(vocabulary, row.tokens),
  };
}

export function search(db: ReadHandle, input: Input<'catalog.search'>): CommandOutput<'catalog.search'> {
  return db.snapshot(() => {
    const row = requireSource(db, input.source);
    const terms = parseSearch(input.text, input.in === 'labels');
    const match = ftsQuery(terms);
    if (match === null) return { hits: [] };
    const held = columnsOf(db, row);
    if (input.in === 'labels') {
      return { hits: rankedByLabel(db, held, match, input.limit).map((index) => {
        const label = labelText(db, row.id, index) ?? '';
        return { index, context: null, label, ...snippetOf(label, terms) };
      }) };
    }
    const vocabulary = vocabularyOf(db, row.model);
    return { hits: hitsInContexts(db, held, match, input.limit).map((hit) => ({
      index: hit.feature, context: hit.context, label: labelText(db, row.id, hit.feature), ...snippetOf(vocabulary.plainText(requireContext(db, hit.context).tokens), terms),
    })) };
  });
}

export function labels(db: ReadHandle, input: Input<'catalog.labels'>): CommandOutput<'catalog.labels'> {
  return db.snapshot(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const current = currentLabel(db, input.source, input.index)?.id ?? null;
    return { history: labelHistory(db, input.source, input.index).map((row) => toLabel(row, current)) };
  });
}
