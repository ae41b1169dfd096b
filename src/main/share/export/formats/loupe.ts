/**
 * A smaller catalog: the selected features under their own indices, the contexts and tokens that they use, labels with their history,
 * lists and comments. Every row is checked on its way, and the text indexes are made anew from what is left.
 */
import { LoupeError } from '../../../../shared/errors.ts';
import { packSource } from '../../../catalog/columns/packed.ts';
import type { WriteHandle } from '../../../catalog/handle.ts';
import { makeCatalog } from '../../../catalog/opening.ts';
import { exampleProblem, extrasProblem, featureProblem, scoreProblem } from '../../../catalog/row-rules.ts';
import { withSelection } from '../../../catalog/selection.ts';
import { addComment } from '../../../catalog/tables/comments.ts';
import { addStore, stores } from '../../../catalog/tables/contexts.ts';
import type { StoreRow } from '../../../catalog/tables/contexts.ts';
import { addExample } from '../../../catalog/tables/examples.ts';
import { addFeatureExtras } from '../../../catalog/tables/feature-extras.ts';
import { addFeature, setCurrentLabel } from '../../../catalog/tables/features.ts';
import { info } from '../../../catalog/tables/info.ts';
import { addLabel, currentLabel, indexLabel } from '../../../catalog/tables/labels.ts';
import { addModel, models } from '../../../catalog/tables/models.ts';
import { setReview } from '../../../catalog/tables/reviews.ts';
import { addScore, leadingScore } from '../../../catalog/tables/scores.ts';
import { addSource, completeSource, source as storedSource } from '../../../catalog/tables/sources.ts';
import type { ExportConfig } from '../../../../shared/schema/export.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import { redactProvenance } from '../redact.ts';
import type { SelectedSource } from '../select.ts';
import type { ExportFormat, ExportWork } from './format.ts';
import { dropContextIndex } from '../../../catalog/tables/transfer.ts';
import { writeBeside } from './loupe-beside.ts';
import { KeptVocabulary, usedContexts, writeContexts } from './loupe-contexts.ts';

interface Writing {
  readonly reader: ExportReader;
  readonly config: ExportConfig;
  readonly to: WriteHandle;
  readonly models: Map<number, number>;
  readonly stores: Map<number, number>;
  readonly vocabularies: Map<number, KeptVocabulary>;
  readonly sources: Map<number, number>;
  contexts: ReadonlyMap<number, number>;
  readonly counts: { examples: number; labels: number };
}

/** Features a transaction. */
const batch = 256;

function refuse(reader: ExportReader, problem: string | null): void {
  if (problem !== null) throw new LoupeError('bad-file', `${reader.db.path} is not exported: ${problem}. \`loupe catalog verify\` says more.`);
}

function beginModels(w: Writing): StoreRow[] {
  const { db, sources } = w.reader;
  const needed = new Set(sources.map(({ source }) => source.model));
  for (const model of models(db)) {
    if (!needed.has(model.id)) continue;
    w.models.set(model.id, addModel(w.to, model));
    w.vocabularies.set(model.id, new KeptVocabulary(w.reader, model.id));
  }
  const all = stores(db);
  for (const store of all) {
    if (!sources.some(({ source }) => source.store === store.id)) continue;
    w.stores.set(store.id, addStore(w.to, { ...store, model: w.models.get(store.model)! }));
  }
  return all;
}

/** What was left out, for whoever reads the file later; a whole, unredacted source has no note. */
function provenanceOf(w: Writing, { source, indices, whole }: SelectedSource): string {
  const provenance = redactProvenance(w.reader.redaction, source.provenance);
  const { redaction, selection, examples } = w.config;
  if (whole && redaction.text === 'none' && !redaction.people && examples === null) return provenance;
  const people = redaction.people;
  return withSelection(provenance, {
    features: indices.length, of: source.features, from: info(w.reader.db).get('uid') ?? null, at: new Date().toISOString(), examples, redaction,
    chosen: people ? { ...selection, list: null, search: null } : selection,
  });
}

function writeFeature(w: Writing, selected: SelectedSource, id: number, contextLength: number, feature: ExportedFeature): void {
  const { record, details, extras, examples, labels } = feature;
  const { source } = selected;
  const vocabulary = w.vocabularies.get(source.model)!;
  refuse(w.reader, featureProblem(record, details, source, (token) => vocabulary.knows(token)));
  refuse(w.reader, extrasProblem(record, details, extras, source));
  details.logits.ids.forEach((token) => vocabulary.use(token));
  addFeature(w.to, id, record, details);
  if (extras !== null) addFeatureExtras(w.to, id, record.index, extras);
  for (const example of examples) {
    refuse(w.reader, exampleProblem(example, record, contextLength));
    const context = w.contexts.get(example.context);
    if (context === undefined) refuse(w.reader, `an example of feature ${record.index} refers to context ${example.context}, which is not there`);
    addExample(w.to, id, record.index, example, context!);
  }
  writeOpinions(w, id, feature);
  w.counts.examples += examples.length;
  w.counts.labels += labels.length;
}

/** Labels, scores, reviews and comments of a feature, and what the table shows of them. */
function writeOpinions(w: Writing, source: number, { record, labels, scores, reviews, comments }: ExportedFeature): void {
  const ids = new Map(labels.map((label) => [label.id, addLabel(w.to, { ...label, source })]));
  for (const score of scores) {
    refuse(w.reader, scoreProblem(score));
    // A label beyond the thousand of a history takes its scores with it.
    const label = ids.get(score.label);
    if (label !== undefined) addScore(w.to, { ...score, label });
  }
  const current = currentLabel(w.to, source, record.index);
  if (current !== null) {
    setCurrentLabel(w.to, source, record.index, current, leadingScore(w.to, current.id));
    indexLabel(w.to, current.id, current.text, current.notes);
  }
  for (const review of reviews) setReview(w.to, { ...review, source });
  for (const comment of comments) addComment(w.to, { ...comment, source });
}

function writeSource(w: Writing, selected: SelectedSource, store: StoreRow | undefined): void {
  const { source } = selected;
  const id = addSource(w.to, {
    ...source, model: w.models.get(source.model)!, store: w.stores.get(source.store)!, complete: false, provenance: provenanceOf(w, selected),
  });
  w.sources.set(source.id, id);
  let pending: ExportedFeature[] = [];
  const flush = (): void => {
    w.to.transaction(() => pending.forEach((feature) => writeFeature(w, selected, id, store?.contextLength ?? 0, feature)));
    pending = [];
  };
  for (const feature of w.reader.features(selected)) if (pending.push(feature) >= batch) flush();
  flush();
  if (!source.complete) return;
  completeSource(w.to, id);
  packSource(w.to, storedSource(w.to, id)!);
}

/** The file gets its name only when all of it is on disk: until then nothing has to survive a power cut. */
function fill(work: ExportWork, to: WriteHandle): Writing {
  const { reader, config } = work;
  to.pragma('synchronous = OFF');
  const w: Writing = { reader, config, to, models: new Map(), stores: new Map(), vocabularies: new Map(), sources: new Map(), contexts: new Map(), counts: { examples: 0, labels: 0 } };
  const all = beginModels(w);
  const whole = reader.sources.every((selected) => selected.whole) && config.redaction.text === 'none';
  const used = whole && config.examples === null ? null : usedContexts(reader, config.redaction.text === 'examples' ? 0 : config.examples);
  w.contexts = writeContexts(reader, used, { db: to, stores: w.stores, vocabularies: w.vocabularies }, (done) => work.watch.step('contexts', done, used?.size ?? 0));
  const restoreIndex = dropContextIndex(to);
  // What is written of a source refers to its own features and to contexts of `w.contexts`, so SQLite need not look each of them up.
  to.pragma('foreign_keys = OFF');
  for (const selected of reader.sources) writeSource(w, selected, all.find((store) => store.id === selected.source.store));
  to.pragma('foreign_keys = ON');
  restoreIndex();
  writeBeside(reader, to, w.sources);
  to.transaction(() => w.vocabularies.forEach((vocabulary, model) => {
    if (whole) vocabulary.useAll();
    vocabulary.write(to, w.models.get(model)!);
  }));
  return w;
}

export const loupe: ExportFormat = {
  name: 'loupe',
  examples: null,
  write(work, to) {
    let written: Writing | null = null;
    makeCatalog(to, (db) => { written = fill(work, db); });
    const { contexts, counts } = written as unknown as Writing;
    return { contexts: contexts.size, ...counts };
  },
};
