/** Walking over every row of a catalog in pages, each row checked: what verifying and copying have in common. */
import type { ReadHandle } from './handle.ts';
import { contextProblem, directionProblem, exampleProblem, extrasProblem, featureProblem, mapProblem, scoreProblem } from './row-rules.ts';
import { embeddingsOf } from './tables/embeddings.ts';
import type { EmbeddingRow, EncoderRow } from './tables/embeddings.ts';
import { mapNames, mapOf } from './tables/maps.ts';
import type { MapRow } from './tables/maps.ts';
import { contextsAfter, stores } from './tables/contexts.ts';
import type { ContextRow, StoreRow } from './tables/contexts.ts';
import { examples } from './tables/examples.ts';
import type { ExampleRow } from './tables/examples.ts';
import { commentsAfter } from './tables/comments.ts';
import type { CommentRow } from './tables/comments.ts';
import { currentLabel, labelsAfter } from './tables/labels.ts';
import type { LabelRow } from './tables/labels.ts';
import { featureExtras } from './tables/feature-extras.ts';
import type { FeatureExtras } from './tables/feature-extras.ts';
import { expectedCopies, featureDetails, featuresAfter, labelCopies } from './tables/features.ts';
import type { FeatureDetails, FeatureRecord } from './tables/features.ts';
import { vocabulary } from './tables/models.ts';
import { leadingScore, scoresAfter } from './tables/scores.ts';
import type { ScoreRow } from './tables/scores.ts';
import { sources } from './tables/sources.ts';
import type { SourceRow } from './tables/sources.ts';

const page = 500;

/** The token ids that a model's vocabulary has. */
export function knownTokens(db: ReadHandle, model: number): (token: number) => boolean {
  const known = new Set<number>();
  for (const { token } of vocabulary(db, model)) known.add(token);
  return (token) => known.has(token);
}

export interface WalkedFeature {
  readonly record: FeatureRecord;
  readonly details: FeatureDetails;
  /** Null in a catalog of an older Loupe. */
  readonly extras: FeatureExtras | null;
  readonly examples: readonly ExampleRow[];
}

/** Every context with what is wrong with it. */
export function* walkContexts(db: ReadHandle): Generator<{ row: ContextRow; problem: string | null }> {
  const byId = new Map(stores(db).map((store) => [store.id, { store, knows: knownTokens(db, store.model) }]));
  for (let after = -1; ;) {
    const rows = contextsAfter(db, after, page);
    if (rows.length === 0) return;
    for (const row of rows) {
      const owner = byId.get(row.store);
      yield { row, problem: owner === undefined ? `context ${row.id} belongs to no store` : contextProblem(row, owner.store.contextLength, owner.knows) };
    }
    after = rows.at(-1)!.id;
  }
}

/** Every feature of a source with its details, its examples and what is wrong with them. */
export function* walkFeatures(db: ReadHandle, source: SourceRow): Generator<WalkedFeature & { problem: string | null }> {
  const store: StoreRow | undefined = stores(db).find((row) => row.id === source.store);
  const knows = knownTokens(db, source.model);
  for (let after = -1; ;) {
    const records = featuresAfter(db, source.id, after, page);
    if (records.length === 0) return;
    for (const record of records) {
      const details = featureDetails(db, source.id, record.index);
      const extras = featureExtras(db, source.id, record.index);
      const rows = examples(db, source.id, record.index);
      const problems = [featureProblem(record, details, source, knows), extrasProblem(record, details, extras, source), ...rows.map((row) => exampleProblem(row, record, store?.contextLength ?? 0)), labelProblem(db, source, record)];
      yield { record, details, extras, examples: rows, problem: problems.find((problem) => problem !== null) ?? null };
    }
    after = records.at(-1)!.index;
  }
}

function labelProblem(db: ReadHandle, source: SourceRow, record: FeatureRecord): string | null {
  const current = currentLabel(db, source.id, record.index);
  const expected = expectedCopies(current, current === null ? null : leadingScore(db, current.id));
  return labelCopies(db, source.id, record.index) === expected ? null : `feature ${record.index} of source ${source.id} shows another label than its history has`;
}

/** Every score with what is wrong with it. */
export function* walkScores(db: ReadHandle): Generator<{ row: ScoreRow; problem: string | null }> {
  for (let after = -1; ;) {
    const rows = scoresAfter(db, after, page);
    if (rows.length === 0) return;
    for (const row of rows) yield { row, problem: scoreProblem(row) };
    after = rows.at(-1)!.id;
  }
}

export function* walkComments(db: ReadHandle): Generator<CommentRow> {
  for (let after = -1; ;) {
    const rows = commentsAfter(db, after, page);
    if (rows.length === 0) return;
    yield* rows;
    after = rows.at(-1)!.id;
  }
}

export function* walkLabels(db: ReadHandle): Generator<LabelRow> {
  for (let after = -1; ;) {
    const rows = labelsAfter(db, after, page);
    if (rows.length === 0) return;
    yield* rows;
    after = rows.at(-1)!.id;
  }
}

/** The directions of one encoder for one source with what is wrong with them. */
export function* walkDirections(db: ReadHandle, encoder: EncoderRow, source: number): Generator<{ row: EmbeddingRow; problem: string | null }> {
  for (const row of embeddingsOf(db, encoder, source)) yield { row, problem: directionProblem(row, source) };
}

/** Every map with what is wrong with it. */
export function* walkMaps(db: ReadHandle): Generator<{ row: MapRow; problem: string | null }> {
  const all = sources(db);
  for (const { source, kind } of mapNames(db)) {
    const row = mapOf(db, source, kind);
    if (row !== null) yield { row, problem: mapProblem(row, all.find(({ id }) => id === source)?.features ?? 0) };
  }
}
