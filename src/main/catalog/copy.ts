/**
 * "Copy to workspace": every row of a catalog from someone else, checked, into a fresh file of our own. Ids stay as they are; the text
 * indexes and the copies of current labels are made anew from the rows. Nothing of the source's schema is taken over.
 */
import { LoupeError } from '../../shared/errors.ts';
import { packSource } from './columns/packed.ts';
import type { WriteHandle, ReadHandle } from './handle.ts';
import { withForeign } from './foreign.ts';
import { makeCatalog } from './opening.ts';
import { queryOf } from './saved-views.ts';
import { heldFeatures } from './selection.ts';
import { addContext, addStore, context, findContext, findStore, stores } from './tables/contexts.ts';
import type { ContextRow } from './tables/contexts.ts';
import { addEncoder, encoders, putEmbedding } from './tables/embeddings.ts';
import { addExample } from './tables/examples.ts';
import { addFeatureExtras } from './tables/feature-extras.ts';
import { addFeature, setCurrentLabel } from './tables/features.ts';
import { addComment } from './tables/comments.ts';
import { addLabel, currentLabel, indexLabel } from './tables/labels.ts';
import { addItem, addList, allItems, allLists } from './tables/lists.ts';
import { addModel, addVocabularyEntry, findModel, models, vocabulary } from './tables/models.ts';
import type { ModelRow } from './tables/models.ts';
import { putMap } from './tables/maps.ts';
import { reviews, setReview } from './tables/reviews.ts';
import { addScore, leadingScore } from './tables/scores.ts';
import { addSource, completeSource, source as sourceRow, sources } from './tables/sources.ts';
import type { SourceRow } from './tables/sources.ts';
import { addView, allViews } from './tables/views.ts';
import { vocabularyOf } from './vocabulary.ts';
import { walkComments, walkContexts, walkDirections, walkFeatures, walkLabels, walkMaps, walkScores } from './walk.ts';

/** Rows a transaction: bounds the journal. */
const batch = 2000;

/** New ids by old ones. */
export class Ids {
  readonly #ids = new Map<number, number>();
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  set(old: number, id: number): void {
    this.#ids.set(old, id);
  }

  get(old: number): number {
    const id = this.#ids.get(old);
    if (id === undefined) throw new LoupeError('bad-file', `the catalog refers to ${this.#what} ${old}, which it does not hold.`);
    return id;
  }
}

export interface Copying {
  readonly from: ReadHandle;
  readonly to: WriteHandle;
  readonly models: Ids;
  readonly stores: Ids;
  readonly contexts: Ids;
  readonly sources: Ids;
}

/** Works through `items`, `batch` to a transaction. */
function inBatches<T>(to: WriteHandle, items: Iterable<T>, add: (item: T) => void): void {
  let pending: T[] = [];
  const flush = (): void => {
    to.transaction(() => pending.forEach(add));
    pending = [];
  };
  for (const item of items) if (pending.push(item) >= batch) flush();
  flush();
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new LoupeError('bad-file', `the catalog is not copied: ${problem}. Ask its sender for an unharmed file.`);
}

/** A copy into `to` of which nothing has been copied yet. */
export function copying(from: ReadHandle, to: WriteHandle): Copying {
  return { from, to, models: new Ids('model'), stores: new Ids('store'), contexts: new Ids('context'), sources: new Ids('source') };
}

/** Kinds: bad-file naming the first row that is wrong, conflict when `to` exists, no-space, read-only. Nothing is left at `to` on an error. */
export function copyValidated(path: string, to: string, openHere = false): void {
  withForeign(path, openHere, (from) => makeCatalog(to, (db) => from.snapshot(() => copyRows(copying(from, db)))));
}

function copyRows(c: Copying): void {
  copyPlaces(c, models(c.from).map(({ id }) => id), stores(c.from).map(({ id }) => id));
  for (const source of sources(c.from)) copySource(c, source);
  copyLabels(c);
  copyOpinions(c);
  copyMeaning(c);
}

/** Models, stores and their contexts; those that `to` has already are found there. Kind mismatch when a context of a known store is another. */
export function copyPlaces(c: Copying, modelIds: readonly number[], storeIds: readonly number[]): void {
  for (const model of models(c.from)) if (modelIds.includes(model.id)) copyModel(c, model);
  for (const store of stores(c.from)) {
    if (storeIds.includes(store.id)) c.stores.set(store.id, findStore(c.to, store.hash) ?? addStore(c.to, { ...store, model: c.models.get(store.model) }));
  }
  copyContexts(c, new Set(storeIds));
}

function copyModel(c: Copying, model: ModelRow): void {
  const known = findModel(c.to, model.hash, model.tokenizerHash);
  const id = known ?? addModel(c.to, model);
  c.models.set(model.id, id);
  if (known === null) inBatches(c.to, vocabulary(c.from, model.id), (entry) => addVocabularyEntry(c.to, id, entry.token, entry));
}

function copyContexts(c: Copying, wanted: ReadonlySet<number>): void {
  const modelOf = new Map(stores(c.to).map((store) => [store.id, store.model]));
  inBatches(c.to, walkContexts(c.from), ({ row, problem }) => {
    if (!wanted.has(row.store)) return;
    refuse(problem);
    const store = c.stores.get(row.store);
    const known = findContext(c.to, store, row.number);
    if (known !== null) requireSameContext(c, row, known);
    c.contexts.set(row.id, known ?? addContext(c.to, { ...row, store }, vocabularyOf(c.to, modelOf.get(store)!).plainText(row.tokens)));
  });
}

function requireSameContext(c: Copying, row: ContextRow, known: number): void {
  const ours = context(c.to, known);
  if (ours !== null && ours.tokens.length === row.tokens.length && ours.tokens.every((token, i) => token === row.tokens[i])) return;
  throw new LoupeError('mismatch', `context ${row.number} of a store that both catalogs have holds other tokens in the one that is copied: one of them was changed.`);
}

export function copySource(c: Copying, source: SourceRow): void {
  const id = addSource(c.to, { ...source, model: c.models.get(source.model), store: c.stores.get(source.store), complete: false });
  c.sources.set(source.id, id);
  let features = 0;
  inBatches(c.to, walkFeatures(c.from, source), ({ record, details, extras, examples, problem }) => {
    refuse(problem);
    addFeature(c.to, id, record, details);
    if (extras !== null) addFeatureExtras(c.to, id, record.index, extras);
    for (const example of examples) addExample(c.to, id, record.index, example, c.contexts.get(example.context));
    features++;
  });
  // An incomplete source stays one: its build cannot be resumed in the copy, but what it holds can be read.
  if (!source.complete || features !== heldFeatures(source)) return;
  completeSource(c.to, id);
  packSource(c.to, sourceRow(c.to, id)!);
}

function copyLabels(c: Copying): void {
  const labels = new Ids('label');
  inBatches(c.to, walkLabels(c.from), (row) => labels.set(row.id, addLabel(c.to, { ...row, source: c.sources.get(row.source) })));
  inBatches(c.to, walkScores(c.from), ({ row, problem }) => {
    refuse(problem);
    addScore(c.to, { ...row, label: labels.get(row.label) });
  });
  for (const source of sources(c.to)) {
    inBatches(c.to, labelledFeatures(c.to, source.id), (feature) => {
      const row = currentLabel(c.to, source.id, feature);
      if (row === null) return;
      setCurrentLabel(c.to, source.id, feature, row, leadingScore(c.to, row.id));
      indexLabel(c.to, row.id, row.text, row.notes);
    });
  }
}

function labelledFeatures(db: WriteHandle, source: number): Set<number> {
  const found = new Set<number>();
  for (const row of walkLabels(db)) if (row.source === source) found.add(row.feature);
  return found;
}

/** Directions of texts, and maps. */
function copyMeaning(c: Copying): void {
  const all = sources(c.from);
  for (const encoder of encoders(c.from)) {
    const id = addEncoder(c.to, encoder);
    for (const source of all) {
      inBatches(c.to, walkDirections(c.from, encoder, source.id), ({ row, problem }) => {
        refuse(problem);
        putEmbedding(c.to, id, c.sources.get(source.id), row);
      });
    }
  }
  for (const { row, problem } of walkMaps(c.from)) {
    refuse(problem);
    putMap(c.to, { ...row, source: c.sources.get(row.source) });
  }
}

/** What people made beside labels: reviews, lists with their features, saved views, comments. */
function copyOpinions(c: Copying): void {
  inBatches(c.to, reviews(c.from), (row) => setReview(c.to, { ...row, source: c.sources.get(row.source) }));
  const lists = new Ids('list');
  inBatches(c.to, allLists(c.from), (row) => lists.set(row.id, addList(c.to, row)));
  inBatches(c.to, allItems(c.from), (row) => void addItem(c.to, { ...row, list: lists.get(row.list), source: c.sources.get(row.source) }));
  inBatches(c.to, allViews(c.from), (row) => {
    if (queryOf(row) === null) refuse(`the view ${row.id} is none`);
    addView(c.to, row);
  });
  inBatches(c.to, walkComments(c.from), (row) => addComment(c.to, { ...row, source: c.sources.get(row.source) }));
}
