/** One source of a Neuronpedia export as a feature space of a catalog: each row checked by the rules that catalogs obey. */
import { createHash, randomUUID } from 'node:crypto';
import { packSource } from '../../catalog/columns/packed.ts';
import type { WriteHandle } from '../../catalog/handle.ts';
import { limits, packDocuments, quantise } from '../../catalog/blobs.ts';
import { exampleProblem, featureProblem, scoreProblem } from '../../catalog/row-rules.ts';
import { withSelection } from '../../catalog/selection.ts';
import { addContext, addStore } from '../../catalog/tables/contexts.ts';
import { addExample } from '../../catalog/tables/examples.ts';
import { addFeature, feature as storedFeature, setCurrentLabel } from '../../catalog/tables/features.ts';
import type { Effects, FeatureDetails, FeatureRecord } from '../../catalog/tables/features.ts';
import { addLabel, currentLabel, indexLabel } from '../../catalog/tables/labels.ts';
import { addModel, findModel } from '../../catalog/tables/models.ts';
import { addScore, leadingScore } from '../../catalog/tables/scores.ts';
import { addSource, completeSource, setProvenance, source as storedSource } from '../../catalog/tables/sources.ts';
import type { SourceRow } from '../../catalog/tables/sources.ts';
import type { Watch } from '../export/watch.ts';
import { histogramOf, intervalCounts, intervalPlace, meanOf } from './counts.ts';
import type { Counts } from './counts.ts';
import { readExact } from './exact.ts';
import type { Exact } from './exact.ts';
import { FieldProblem } from './fields.ts';
import type { RowKind, SourceFiles } from './files.ts';
import { eachRow } from './problems.ts';
import type { Problems } from './problems.ts';
import { readActivation, readExplanation, readFeature } from './read.ts';
import type { ActivationInput, ExplanationInput, FeatureInput } from './read.ts';
import { gridBins, gridRange, surveySource } from './survey.ts';
import type { Seen, Survey } from './survey.ts';
import { ImportedWords, padding } from './words.ts';

/** Rows a transaction. */
const batch = 2000;

export interface ImportCounts {
  features: number;
  examples: number;
  labels: number;
  scores: number;
  contexts: number;
}

/** Gathers rows and writes them `batch` to a transaction. */
class Batches<T> {
  readonly #db: WriteHandle;
  readonly #write: (row: T) => void;
  #pending: T[] = [];

  constructor(db: WriteHandle, write: (row: T) => void) {
    this.#db = db;
    this.#write = write;
  }

  add(row: T): void {
    if (this.#pending.push(row) >= batch) this.flush();
  }

  flush(): void {
    this.#db.transaction(() => this.#pending.forEach(this.#write));
    this.#pending = [];
  }
}

/** The words of all sources of one model. */
export type WordsByModel = Map<number, ImportedWords>;

export class SourceImport {
  readonly #db: WriteHandle;
  readonly #files: SourceFiles;
  readonly #survey: Survey;
  readonly #exact: Exact;
  readonly #words: ImportedWords;
  readonly #problems: Problems;
  readonly #row: SourceRow;
  readonly #written = new Set<number>();
  /** Examples so far by feature and group: a feature's rows may lie in several files. */
  readonly #ranks = new Map<number, Uint16Array>();
  #contexts = new Map<string, number>();
  readonly counts: ImportCounts = { features: 0, examples: 0, labels: 0, scores: 0, contexts: 0 };

  private constructor(db: WriteHandle, files: SourceFiles, survey: Survey, exact: Exact, words: ImportedWords, problems: Problems, row: SourceRow) {
    [this.#db, this.#files, this.#survey, this.#exact, this.#words, this.#problems, this.#row] = [db, files, survey, exact, words, problems, row];
  }

  static async begin(db: WriteHandle, files: SourceFiles, words: WordsByModel, problems: Problems, watch: Watch): Promise<SourceImport> {
    const [survey, exact] = [await surveySource(files, watch), await readExact(files.folder)];
    const model = modelOf(db, survey);
    if (!words.has(model)) words.set(model, new ImportedWords());
    const store = addStore(db, { model, hash: `neuronpedia:${randomUUID()}`, corpusName: survey.dataset, corpusHash: '', contextLength: Math.max(1, survey.longest) });
    const id = addSource(db, { ...sourceFacts(survey), model, store });
    return new SourceImport(db, files, survey, exact, words.get(model)!, problems, storedSource(db, id)!);
  }

  /** Writes everything. Rows that cannot be taken are counted in the problems. */
  async run(watch: Watch): Promise<ImportCounts> {
    const { features, activations, explanations } = this.#files;
    const all = features.length + activations.length + explanations.length;
    await this.#rows('features', features, readFeature, (row) => this.#feature(row), (file) => watch.step('writing', file, all));
    if (features.length === 0 || this.#written.size === 0) this.#featuresOfExamples();
    await this.#rows('activations', activations, readActivation, (row) => this.#example(row), (file) => watch.step('writing', features.length + file, all));
    await this.#rows('explanations', explanations, readExplanation, (row) => this.#label(row), (file) => watch.step('writing', features.length + activations.length + file, all));
    this.#showLabels();
    this.#db.transaction(() => {
      const { id, features: of, provenance } = this.#row;
      if (this.#written.size < of) setProvenance(this.#db, id, withSelection(provenance, { features: this.#written.size, of }));
      completeSource(this.#db, id);
      packSource(this.#db, storedSource(this.#db, id)!);
    });
    return this.counts;
  }

  async #rows<T>(kind: RowKind, files: readonly string[], read: (text: string) => T, write: (row: T) => void, tick: (file: number) => void): Promise<void> {
    for (const [number, file] of files.entries()) {
      // Windows of one text lie in one file: remembering those of all would take as much memory as there are examples.
      this.#contexts = new Map();
      const batches = new Batches<readonly [T, string]>(this.#db, ([row, place]) => {
        try {
          write(row);
        } catch (error) {
          if (!(error instanceof FieldProblem)) throw error;
          this.#problems.add(kind, place, error.message);
        }
      });
      await eachRow(kind, [file], read, (row, place) => batches.add([row, place]), this.#problems, () => tick(number));
      batches.flush();
    }
    tick(files.length);
  }

  #feature(input: FeatureInput): void {
    if (this.#written.has(input.index)) throw new FieldProblem(`field index: feature ${input.index} is there twice`);
    const seen = this.#survey.seen.get(input.index);
    const least = seen === undefined ? 0 : 1;
    const firings = Math.min(this.#row.tokens, Math.max(least, Math.round(input.density * this.#row.tokens)));
    const max = firings === 0 ? 0 : Math.max(input.max, seen?.max ?? 0);
    const exact = this.#exact.features.get(input.index);
    const found = histogramOf(input.histogram.centres, input.histogram.heights, firings);
    const histogram = exact === undefined || firings === 0 ? found : { ...found, low: exact.low, high: exact.high };
    this.#addFeature(input.index, firings, max, exact !== undefined && exact.mean >= 0 && exact.mean <= max ? exact.mean : meanOf(histogram, firings, max), histogram, seen, this.#effects(input), this.#neighbours(input));
  }

  #addFeature(index: number, firings: number, max: number, mean: number, histogram: Counts, seen: Seen | undefined, logits: Effects, neighbours: Effects): void {
    const record: FeatureRecord = { index, firings, density: firings / this.#row.tokens, max, mean, min: 0, tokenClass: null, label: null, labelKind: null, confidence: null, family: null, score: null, notes: false };
    const details: FeatureDetails = { low: histogram.low, high: histogram.high, histogram: histogram.counts, bins: intervalCounts(seen?.shares ?? null, histogram, firings, max), logits, neighbours };
    const problem = featureProblem(record, details, this.#row, (token) => this.#words.knows(token));
    if (problem !== null) throw new FieldProblem(problem);
    addFeature(this.#db, this.#row.id, record, details);
    this.#written.add(index);
    this.counts.features++;
  }

  /** Without files of features, their figures are those of the examples. */
  #featuresOfExamples(): void {
    const none: Effects = { ids: new Int32Array(0), values: new Float32Array(0) };
    this.#db.transaction(() => this.#survey.seen.forEach((seen, index) => {
      const histogram: Counts = { low: gridRange[0], high: gridRange[1], counts: seen.grid ?? new Uint32Array(gridBins) };
      this.#addFeature(index, seen.firings, seen.max, meanOf(histogram, seen.firings, seen.max), histogram, undefined, none, none);
    }));
  }

  /** As many tokens up as down: a catalog keeps both in one blob. */
  #effects({ up, down }: FeatureInput): Effects {
    const n = Math.min(up.texts.length, down.texts.length, limits.effects / 2);
    const sides = [up, down].flatMap(({ texts, values }) => texts.slice(0, n).map((text, i) => [this.#words.id(text), values[i]!] as const));
    return { ids: Int32Array.from(sides, ([id]) => id), values: Float32Array.from(sides, ([, value]) => value) };
  }

  #neighbours({ neighbours: { indices, cosines } }: FeatureInput): Effects {
    const known = indices.map((index, i) => [index, cosines[i]!] as const).filter(([index, cosine]) => Number.isInteger(index) && index >= 0 && index < this.#row.features && Math.abs(cosine) <= 1.001);
    return { ids: Int32Array.from(known, ([index]) => index), values: Float32Array.from(known, ([, cosine]) => cosine) };
  }

  #example(input: ActivationInput): void {
    const record = this.#written.has(input.index) ? storedFeature(this.#db, this.#row.id, input.index) : null;
    if (record === null) throw new FieldProblem(`field index: there is no feature ${input.index}`);
    const ranks = this.#ranks.get(input.index) ?? new Uint16Array(6);
    this.#ranks.set(input.index, ranks);
    const group = input.interval === null ? 0 : 1 + intervalPlace(input.interval.low, input.interval.high);
    const maximum = input.values.reduce((a, b) => Math.max(a, b), 0);
    const example = { group, rank: ranks[group]!, context: 0, start: 0, peak: input.peak, value: input.values[input.peak]!, maximum, activations: quantise(input.values, maximum) };
    const problem = exampleProblem(example, record, Math.max(1, this.#survey.longest));
    if (problem !== null) throw new FieldProblem(problem);
    addExample(this.#db, this.#row.id, input.index, { ...example, context: this.#context(input) });
    ranks[group]!++;
    this.counts.examples++;
  }

  /** The context of an example: its tokens, filled up to the length that all have. */
  #context(input: ActivationInput): number {
    const tokens = new Int32Array(Math.max(1, this.#survey.longest)).fill(padding);
    input.tokens.forEach((text, i) => { tokens[i] = this.#words.id(text); });
    const key = createHash('sha1').update(tokens).update(String(input.document)).digest('base64');
    let id = this.#contexts.get(key);
    if (id === undefined) {
      const documents = new Int32Array(tokens.length).fill(-1).fill(input.document, 0, input.tokens.length);
      id = addContext(this.#db, { store: this.#row.store, number: this.counts.contexts++, tokens, documents: packDocuments(documents) }, this.#words.plainText(input.tokens));
      this.#contexts.set(key, id);
    }
    return id;
  }

  readonly #uids = new Set<string>();
  readonly #labelled = new Set<number>();

  #uid(given: string | null): string {
    const uid = given === null || given === '' || this.#uids.has(given) ? randomUUID() : given;
    this.#uids.add(uid);
    return uid;
  }

  #label(input: ExplanationInput): void {
    if (!this.#written.has(input.index)) throw new FieldProblem(`field index: there is no feature ${input.index}`);
    const exact = input.uid === null ? undefined : this.#exact.labels.get(input.uid);
    const label = addLabel(this.#db, {
      uid: this.#uid(input.uid), source: this.#row.id, feature: input.index, text: input.text, author: input.author, kind: input.kind, confidence: exact?.confidence ?? null,
      notes: input.notes, family: exact?.family ?? '', resolution: false, createdAt: time(input.createdAt), undoneAt: null,
    });
    this.#labelled.add(input.index);
    this.counts.labels++;
    for (const score of input.scores) {
      const row = { id: 0, uid: this.#uid(score.uid), label, scorer: score.scorer, value: score.value, ...scoreFacts(score.details), judge: score.judge, createdAt: time(score.createdAt) };
      if (!Number.isFinite(row.value) || scoreProblem(row) !== null) continue;
      addScore(this.#db, row);
      this.counts.scores++;
    }
  }

  /** Makes the newest label of each feature the one that is shown and found. */
  #showLabels(): void {
    const batches = new Batches<number>(this.#db, (index) => {
      const current = currentLabel(this.#db, this.#row.id, index);
      if (current === null) return;
      setCurrentLabel(this.#db, this.#row.id, index, current, leadingScore(this.#db, current.id));
      indexLabel(this.#db, current.id, current.text, current.notes);
    });
    this.#labelled.forEach((index) => batches.add(index));
    batches.flush();
  }
}

/** A moment in our own form; now, where a row has none. */
function time(text: string | null): string {
  const at = text === null ? Number.NaN : Date.parse(text);
  return new Date(Number.isNaN(at) ? Date.now() : at).toISOString();
}

/** What our own export puts into `jsonDetails`; anybody else's stays text. */
function scoreFacts(details: string): { low: number | null; high: number | null; n: number; negatives: string; promptHash: string; details: string } {
  const nothing = { low: null, high: null, n: 0, negatives: '', promptHash: '', details };
  try {
    const { low, high, n, negatives, promptHash, details: inner } = JSON.parse(details) as Record<string, unknown>;
    const figure = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
    if (typeof negatives !== 'string' || negatives.length > 100 || typeof promptHash !== 'string' || promptHash.length > 100 || typeof inner !== 'string') return nothing;
    return { low: figure(low), high: figure(high), n: Math.max(0, Math.trunc(figure(n) ?? 0)), negatives, promptHash, details: inner };
  } catch {
    return nothing;
  }
}

function modelOf(db: WriteHandle, survey: Survey): number {
  const hash = `neuronpedia:${survey.modelId}`.slice(0, 200);
  return findModel(db, hash, hash) ?? addModel(db, { hash, tokenizerHash: hash, name: survey.modelId, family: 'unknown', dModel: survey.dModel, layers: survey.layers });
}

/** The feature space: its layer is the number that Neuronpedia's source ids begin with. */
function sourceFacts(survey: Survey): Omit<Parameters<typeof addSource>[1], 'model' | 'store'> {
  let features = 1;
  for (const index of survey.indices) features = Math.max(features, index + 1);
  const layer = /^(\d{1,4})-/.exec(survey.layer)?.[1];
  const provenance = JSON.stringify({ imported: { from: 'neuronpedia', model: survey.modelId, source: survey.layer, tokens: survey.tokensFrom } });
  return {
    kind: 'neuronpedia', name: survey.layer, hookPoint: survey.hookName ?? '', layer: layer === undefined ? null : Number(layer), dictionaryHash: null,
    features, tokens: survey.tokens, dead: 0, complete: false, provenance,
  };
}
