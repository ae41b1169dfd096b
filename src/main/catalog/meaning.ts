/** Searching a catalog by meaning: which texts stand for its features, their directions, and the nearest to a query. */
import { LoupeError } from '../../shared/errors.ts';
import { limits } from './blobs.ts';
import { nearestDirections, packDirection } from './directions.ts';
import type { NearDirection } from './directions.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { requireSource } from './reading.ts';
import { context } from './tables/contexts.ts';
import { addEncoder, bumpRevision, embeddingCounts, encoders, findEncoder, hasEmbeddings, putEmbedding, staleFeatures } from './tables/embeddings.ts';
import type { EmbeddingKind } from './tables/embeddings.ts';
import { strongestExamples } from './tables/examples.ts';
import { feature, labelText } from './tables/features.ts';
import { joinBytes, vocabularyOf } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Strongest examples of a feature without a label that its text is made of, and the tokens around each peak. */
const shown = 3;
const [before, after] = [7, 3];

export interface FeatureText {
  readonly index: number;
  readonly kind: EmbeddingKind;
  /** What is embedded; empty for kind `none`. */
  readonly text: string;
}

function words(vocabulary: Vocabulary, tokens: Int32Array): string {
  const plain = Array.from(tokens, (token) => vocabulary.entry(token)).map(({ text, special }) => (special ? ' ' : text)).join('');
  return joinBytes(plain).replace(/\s+/gu, ' ').trim();
}

/** The words of a feature's strongest examples: the peaks' own first, then each peak in its surroundings. */
function exampleText(db: ReadHandle, vocabulary: Vocabulary, source: number, index: number): string {
  const peaks = new Set<string>();
  const windows: string[] = [];
  for (const example of strongestExamples(db, source, index, shown)) {
    const row = context(db, example.context);
    if (row === null) continue;
    peaks.add(words(vocabulary, row.tokens.subarray(example.peak, example.peak + 1)));
    windows.push(words(vocabulary, row.tokens.subarray(Math.max(0, example.peak - before), example.peak + after + 1)));
  }
  peaks.delete('');
  return [[...peaks].join(', '), ...windows].join('. ').slice(0, limits.label);
}

export interface StaleTexts {
  readonly texts: readonly FeatureText[];
  /** Where the next page begins: `after` of the next question. Null at the end. */
  readonly next: number | null;
}

/** The next features whose text the encoder with this hash has not embedded, at most `limit`, after feature `after` (-1 for the first). */
export function staleTexts(db: ReadHandle, input: { readonly source: number; readonly encoder: string; readonly after: number; readonly limit: number }): StaleTexts {
  return db.snapshot(() => {
    const { model } = requireSource(db, input.source);
    const vocabulary = vocabularyOf(db, model);
    const rows = staleFeatures(db, findEncoder(db, input.encoder)?.id ?? 0, input.source, input.after, input.limit);
    const texts = rows.map(({ index, label }): FeatureText => {
      if (label !== null) return { index, kind: 'label', text: label };
      const text = exampleText(db, vocabulary, input.source, index);
      return { index, kind: text.replace(/[.,\s]/gu, '') === '' ? 'none' : 'examples', text };
    });
    return { texts, next: rows.length < input.limit ? null : rows.at(-1)!.index };
  });
}

export interface NewDirections {
  readonly source: number;
  readonly encoder: { readonly name: string; readonly hash: string; readonly dim: number };
  readonly texts: readonly FeatureText[];
  /** Unit vectors, float32 [texts, dim]; zeros for kind `none`. */
  readonly vectors: Float32Array;
}

/** Puts directions in, in one transaction. */
export function addDirections(db: WriteHandle, input: NewDirections): null {
  const { dim, hash, name } = input.encoder;
  if (input.vectors.length !== input.texts.length * dim) throw new LoupeError('defect', `${input.texts.length} texts and ${input.vectors.length} numbers of width ${dim}`);
  return db.transaction(() => {
    requireSource(db, input.source);
    const known = findEncoder(db, hash);
    if (known !== null && known.dim !== dim) throw new LoupeError('mismatch', `the catalog knows this encoder with ${known.dim} numbers a text, and not ${dim}.`);
    const encoder = known?.id ?? addEncoder(db, { name: name.slice(0, 1000), hash, dim, revision: 0 });
    input.texts.forEach(({ index, kind, text }, i) => putEmbedding(db, encoder, input.source, {
      feature: index, kind, text: kind === 'label' ? text : '', vector: packDirection(input.vectors.subarray(i * dim, (i + 1) * dim)),
    }));
    bumpRevision(db, encoder);
    return null;
  });
}

export interface MeaningState {
  readonly name: string;
  readonly hash: string;
  /** Features with a direction, how many of these of their label, and how many want one: they are new, or their label changed. */
  readonly embedded: number;
  readonly labels: number;
  readonly stale: number;
}

/** The encoders that have directions of this source. */
export function meaningStates(db: ReadHandle, input: { readonly source: number }): MeaningState[] {
  return db.snapshot(() => {
    requireSource(db, input.source);
    return encoders(db).map(({ id, name, hash }) => ({ name, hash, ...embeddingCounts(db, id, input.source) })).filter(({ embedded }) => embedded > 0);
  });
}

/** Hashes of the encoders that have directions of a source: what a search must know, in a look at a row each. */
export function meaningEncoders(db: ReadHandle, input: { readonly source: number }): string[] {
  return encoders(db).filter(({ id }) => hasEmbeddings(db, id, input.source)).map(({ hash }) => hash);
}

export interface MeaningHit extends NearDirection {
  readonly label: string | null;
  /** Words of its strongest examples, where it has no label. */
  readonly words: string;
}

/** The features nearest in meaning to `query`, a unit vector of the encoder with this hash. Kind not-found where the catalog has none of it. */
export function nearestMeanings(db: ReadHandle, input: { readonly source: number; readonly encoder: string; readonly query: Float32Array; readonly limit: number }): MeaningHit[] {
  return db.snapshot(() => {
    const { id, model, features } = requireSource(db, input.source);
    const encoder = findEncoder(db, input.encoder);
    if (encoder === null || !hasEmbeddings(db, encoder.id, id)) throw new LoupeError('not-found', `source ${id} has no directions of this sentence encoder. Embed its texts first.`);
    const vocabulary = vocabularyOf(db, model);
    return nearestDirections(db, encoder, id, features, input.query, input.limit).map((hit) => {
      const label = feature(db, id, hit.feature) === null ? null : labelText(db, id, hit.feature);
      return { ...hit, label, words: label === null ? exampleText(db, vocabulary, id, hit.feature) : '' };
    });
  });
}
