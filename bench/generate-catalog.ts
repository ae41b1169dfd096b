/**
 * Makes a catalog of any size with the shape of a real one: Zipf-distributed words, log-normal densities, some dead features,
 * bumps of activation around each peak. For tests and for the studio's benches; no model, no store.
 *
 *     node bench/generate-catalog.ts --features 131072 --out FILE.loupe [--contexts 24576] [--labelled 0.3] [--vocabulary 5000] [--seed 0]
 */
import { parseArgs } from 'node:util';
import { Random } from '../src/engine/random.ts';
import type { ChunkExtras, FeatureChunk } from '../src/engine/interp/build-files.ts';
import { packDocuments } from '../src/main/catalog/blobs.ts';
import { packSource } from '../src/main/catalog/columns/packed.ts';
import type { WriteHandle } from '../src/main/catalog/handle.ts';
import { insertChunk } from '../src/main/catalog/ingest.ts';
import { makeCatalog } from '../src/main/catalog/opening.ts';
import { addContext, addStore } from '../src/main/catalog/tables/contexts.ts';
import { setCurrentLabel } from '../src/main/catalog/tables/features.ts';
import { addLabel, indexLabel } from '../src/main/catalog/tables/labels.ts';
import { addModel, addVocabularyEntry } from '../src/main/catalog/tables/models.ts';
import { addScore, leadingNegatives, leadingScorer } from '../src/main/catalog/tables/scores.ts';
import { addSource, completeSource, source as findSource } from '../src/main/catalog/tables/sources.ts';
import { vocabularyOf } from '../src/main/catalog/vocabulary.ts';

export interface GenerateOptions {
  readonly features: number;
  readonly contexts?: number;
  readonly contextLength?: number;
  /** Share of features with a label. */
  readonly labelled?: number;
  readonly seed?: number;
  readonly vocabulary?: number;
}

const chunkFeatures = 1024;
const window = 64;
const effects = 10;
const nearest = 10;
const common = ('the of and a to in is was it for on as with that be by at from are this his an or which but not have had they were one all we '
  + 'can her has there been if more when will would who so no move letter organ music river stone light green small walk house number degree '
  + 'language model feature crime war king law church school water fire night word form line point state system city animal plant body').split(' ');
const starts = ['b', 'br', 'c', 'd', 'f', 'gr', 'h', 'k', 'l', 'm', 'n', 'p', 'pl', 'r', 's', 'st', 't', 'tr', 'v', 'w'];
const middles = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou'];
const ends = ['n', 'r', 's', 't', 'l', 'nd', 'st', 'm', ''];

function words(n: number, random: Random): string[] {
  const pick = (list: readonly string[]): string => list[random.integer(list.length)]!;
  const made = new Set(common.slice(0, n));
  while (made.size < n) {
    const syllables = 1 + random.integer(3);
    made.add(Array.from({ length: syllables }, () => pick(starts) + pick(middles) + pick(ends)).join(''));
  }
  return [...made];
}

/** Token ids by Zipf's law: rank r with a probability of about 1/r. */
function zipf(n: number, random: Random): number {
  return Math.min(n - 1, Math.floor(Math.exp(random.uniform() * Math.log(n + 1))) - 1);
}

function addContexts(db: WriteHandle, store: number, model: number, options: Required<GenerateOptions>, random: Random): number[] {
  const { contexts, contextLength } = options;
  const vocabulary = vocabularyOf(db, model);
  const ids: number[] = [];
  for (let first = 0; first < contexts; first += 2000) {
    db.transaction(() => {
      for (let number = first; number < Math.min(contexts, first + 2000); number++) {
        // Token 0 ends documents; two or three documents a context.
        const tokens = Int32Array.from({ length: contextLength }, () => 1 + zipf(options.vocabulary - 1, random));
        const cut = 8 + random.integer(contextLength - 16);
        tokens[cut] = 0;
        const documents = Int32Array.from({ length: contextLength }, (_, i) => 2 * number + (i > cut ? 1 : 0));
        ids.push(addContext(db, { store, number, tokens, documents: packDocuments(documents) }, vocabulary.plainText(tokens)));
      }
    });
  }
  return ids;
}

interface Shape {
  readonly firings: number;
  readonly max: number;
  readonly random: Random;
}

/** Counts that add up to `firings`, falling off by `ratio` from bin to bin. */
function split(firings: number, bins: number, ratio: number): Int32Array {
  const out = new Int32Array(bins);
  let left = firings;
  for (let i = 0; i < bins; i++) {
    out[i] = i === bins - 1 ? left : Math.min(left, Math.round(left * ratio));
    left -= out[i]!;
  }
  return out;
}

function examplesOf(shape: Shape, options: Required<GenerateOptions>): { group: number; rank: number; context: number; peak: number; value: number }[] {
  const { firings, max, random } = shape;
  const pool = Math.min(options.contexts, firings);
  const out = [];
  const first = random.integer(options.contexts);
  for (let rank = 0; rank < Math.min(20, pool); rank++) {
    out.push({ group: 0, rank, context: (first + rank * 37) % options.contexts, peak: random.integer(options.contextLength), value: max * (1 - 0.02 * rank) });
  }
  for (let group = 1; group <= 5; group++) {
    for (let rank = 0; rank < Math.min(5, pool); rank++) {
      const value = max * (1 - (group - 1) / 5 - 0.19 * random.uniform());
      out.push({ group, rank, context: random.integer(options.contexts), peak: random.integer(options.contextLength), value });
    }
  }
  return out;
}

/** Extras with the shape of real ones: related features nearby, Gaussian weights and logit effects. */
function makeExtras(first: number, shapes: readonly Shape[], options: Required<GenerateOptions>): ChunkExtras {
  const n = shapes.length;
  const related = Math.min(nearest, options.features - 1);
  const ints = (width: number, value: (i: number, j: number) => number): Int32Array => Int32Array.from({ length: n * width }, (_, at) => value(Math.floor(at / width), at % width));
  const floats = (width: number, value: (i: number, j: number) => number): Float32Array => Float32Array.from({ length: n * width }, (_, at) => value(Math.floor(at / width), at % width));
  const alive = (i: number): boolean => shapes[i]!.firings > 0;
  const other = (i: number, j: number): number => (alive(i) ? (first + i + j + 1) % options.features : -1);
  const bell = (total: number) => (_: number, j: number): number => Math.round((total * Math.exp(-(((j - 25) / 8) ** 2))) / 14.2);
  return {
    min: floats(1, () => 0), tokenClass: Uint8Array.from({ length: n }, (_, i) => (alive(i) ? (first + i) % 9 : 0)),
    negativeLow: floats(1, () => 0), negativeHigh: floats(1, () => 0), negativeHistogram: ints(50, () => 0), negativeBins: ints(5, () => 0),
    logitLow: floats(1, () => -2), logitHigh: floats(1, () => 2), logitHistogram: ints(50, bell(options.vocabulary)),
    weightLow: floats(1, () => -0.4), weightHigh: floats(1, () => 0.4), weightNorm: floats(1, () => 1), weightL1: floats(1, () => 6.4), weightHistogram: ints(50, bell(64)),
    heads: new Float32Array(0), alignedIds: ints(10, (i, j) => (7 * i + 11 * j) % 64), alignedValues: floats(10, (_, j) => (j % 2 === 0 ? 1 : -1) * (0.4 - 0.02 * j)),
    neuronIds: ints(10, (i, j) => (alive(i) ? (5 * i + 13 * j) % 64 : -1)), neuronValues: floats(10, (_, j) => 0.6 - 0.03 * j),
    correlatedIds: ints(related, other), correlatedValues: floats(related, (_, j) => 0.5 - 0.03 * j),
    cooccurringIds: ints(related, other), cooccurringCounts: ints(related, (i, j) => Math.max(1, Math.round(shapes[i]!.firings * (0.4 - 0.03 * j)))),
  };
}

function makeChunk(first: number, n: number, options: Required<GenerateOptions>, tokens: number, random: Random): FeatureChunk {
  const length = Math.min(window, options.contextLength);
  const shapes: Shape[] = Array.from({ length: n }, () => ({
    firings: random.uniform() < 0.02 ? 0 : Math.max(1, Math.min(tokens, Math.round(tokens * Math.exp(-6 + 1.3 * random.normal())))), max: Math.exp(1.5 + 0.6 * random.normal()), random,
  }));
  const all = shapes.map((shape) => (shape.firings === 0 ? [] : examplesOf(shape, options)));
  const flat = all.flat();
  const start = flat.map((e) => Math.min(Math.max(0, e.peak - 32), Math.max(0, options.contextLength - length)));
  const activations = new Float32Array(flat.length * window);
  flat.forEach((e, i) => {
    const at = e.peak - start[i]!;
    for (let j = Math.max(0, at - 2); j <= Math.min(length - 1, at + 2); j++) activations[i * window + j] = e.value * 0.5 ** Math.abs(j - at);
  });
  const offsets = new Int32Array(n + 1);
  all.forEach((list, i) => { offsets[i + 1] = offsets[i]! + list.length; });
  const perFeature = <T extends Int32Array | Float32Array>(make: new (n: number) => T, width: number, value: (i: number, j: number) => number): T => {
    const out = new make(n * width);
    for (let i = 0; i < n * width; i++) out[i] = value(Math.floor(i / width), i % width);
    return out;
  };
  const alive = (i: number): boolean => shapes[i]!.firings > 0;
  const histograms = shapes.map((shape) => split(shape.firings, 50, 0.07));
  const bins = shapes.map((shape) => split(shape.firings, 5, 0.2));
  return {
    first, firings: Int32Array.from(shapes, (s) => s.firings),
    max: perFeature(Float32Array, 1, (i) => (alive(i) ? shapes[i]!.max : 0)), mean: perFeature(Float32Array, 1, (i) => (alive(i) ? 0.4 * shapes[i]!.max : 0)),
    low: perFeature(Float32Array, 1, (i) => (alive(i) ? Math.log10(0.02 * shapes[i]!.max) : 0)), high: perFeature(Float32Array, 1, (i) => (alive(i) ? Math.log10(shapes[i]!.max) : 0)),
    histogram: perFeature(Int32Array, 50, (i, j) => histograms[i]![j]!), bins: perFeature(Int32Array, 5, (i, j) => bins[i]![j]!),
    logitIds: perFeature(Int32Array, 2 * effects, () => random.integer(options.vocabulary)),
    logitValues: perFeature(Float32Array, 2 * effects, (_, j) => (j < effects ? 1 : -1) * (2 - 0.1 * (j % effects))),
    neighbourIds: perFeature(Int32Array, Math.min(nearest, options.features - 1), (i, j) => (first + i + j + 1) % options.features),
    neighbourCosines: perFeature(Float32Array, Math.min(nearest, options.features - 1), (_, j) => 0.9 - 0.05 * j),
    extras: makeExtras(first, shapes, options),
    examples: {
      offsets, group: Uint8Array.from(flat, (e) => e.group), rank: Uint8Array.from(flat, (e) => e.rank), context: Int32Array.from(flat, (e) => e.context),
      start: Int32Array.from(start), peak: Int32Array.from(flat, (e) => e.peak), value: Float32Array.from(flat, (e) => e.value),
      length: new Int32Array(flat.length).fill(length), activations,
    },
  };
}

/** Makes a catalog at `path`, complete and valid. The same options give the same rows, label ids and times aside. */
export function generateCatalog(path: string, given: GenerateOptions): void {
  const options: Required<GenerateOptions> = { contexts: 1024, contextLength: 128, labelled: 0.3, seed: 0, vocabulary: 5000, ...given };
  const random = Random.from(options.seed, 'generate-catalog');
  const tokens = options.contexts * (options.contextLength - 1);
  makeCatalog(path, (db) => quickly(db, () => {
    const names = words(options.vocabulary - 1, random);
    const hash = `generated-${options.seed}-${options.vocabulary}`;
    const model = addModel(db, { hash, tokenizerHash: hash, name: 'generated', family: 'llama', dModel: 64, layers: 12 });
    db.transaction(() => ['<|end|>', ...names.map((name) => ` ${name}`)].forEach((text, token) => addVocabularyEntry(db, model, token, { text, special: token === 0 })));
    const store = addStore(db, { model, hash, corpusName: 'generated', corpusHash: hash, contextLength: options.contextLength });
    const ids = addContexts(db, store, model, options, random);
    const source = addSource(db, {
      kind: 'sae', name: 'generated', model, store, hookPoint: 'blocks.6.hook_resid_post', layer: 6, dictionaryHash: hash, features: options.features, tokens,
      dead: 0, complete: false, provenance: JSON.stringify({ generated: options }),
    });
    for (let first = 0; first < options.features; first += chunkFeatures) {
      const chunk = makeChunk(first, Math.min(chunkFeatures, options.features - first), options, tokens, random);
      db.transaction(() => insertChunk(db, source, tokens, chunk, (number) => ids[number]!));
    }
    addLabels(db, source, names, options, random);
    completeSource(db, source);
    db.transaction(() => packSource(db, findSource(db, source)!));
  }));
}

/** Works on a file that nobody needs if the machine stops: unsynced, and the one index whose entries come in no order is made at the end. */
function quickly(db: WriteHandle, work: () => void): void {
  for (const line of ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -262144']) db.pragma(line);
  const name = 'examples_by_context';
  const sql = String(db.get('SELECT sql FROM sqlite_schema WHERE name = ?', name)!['sql']);
  db.exec(`DROP INDEX ${name}`);
  work();
  db.exec(sql);
  for (const line of ['synchronous = FULL', 'journal_mode = DELETE']) db.pragma(line);
}

const families = ['topic', 'syntax', 'position', 'names', 'numbers', 'code'];
const authors = ['rules', 'Ada', 'Grace', 'Alan'];
/** All labels are from the same day: the same options give the same rows. */
const labelledAt = '2026-01-01T00:00:00.000Z';

function addLabels(db: WriteHandle, source: number, names: readonly string[], options: Required<GenerateOptions>, random: Random): void {
  const word = (): string => names[zipf(names.length, random)]!;
  db.transaction(() => {
    for (let index = 0; index < options.features; index++) {
      if (random.uniform() >= options.labelled) continue;
      const author = authors[Math.min(authors.length - 1, Math.floor(3 * random.uniform() ** 2 * authors.length))]!;
      const uid = `generated-${options.seed}-${index}`;
      const row = {
        uid, source, feature: index, text: `${word()} in the sense of ${word()} ${word()}`, author, kind: author === 'rules' ? 'rule' : 'manual', confidence: 1 + random.integer(5),
        notes: random.uniform() < 0.1 ? `seen beside ${word()}` : '', family: families[random.integer(families.length)]!, resolution: false, createdAt: labelledAt, undoneAt: null,
      } as const;
      const id = addLabel(db, row);
      indexLabel(db, id, row.text, row.notes);
      const value = author === 'rules' || random.uniform() < 0.2 ? 0.5 + 0.5 * random.uniform() : null;
      if (value !== null) {
        addScore(db, {
          uid, label: id, scorer: leadingScorer, value, low: Math.max(0, value - 0.06), high: Math.min(1, value + 0.06), n: 100, negatives: leadingNegatives,
          judge: 'rules', promptHash: '', createdAt: labelledAt, details: '{}',
        });
      }
      setCurrentLabel(db, source, index, { id, ...row }, value);
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: {
    features: { type: 'string', default: '4608' }, out: { type: 'string' }, contexts: { type: 'string', default: '1700' },
    labelled: { type: 'string', default: '0.3' }, vocabulary: { type: 'string', default: '5000' }, seed: { type: 'string', default: '0' },
  } });
  if (values.out === undefined) throw new Error('--out FILE.loupe is missing');
  const start = performance.now();
  generateCatalog(values.out, { features: Number(values.features), contexts: Number(values.contexts), labelled: Number(values.labelled), vocabulary: Number(values.vocabulary), seed: Number(values.seed) });
  console.log(JSON.stringify({ out: values.out, features: Number(values.features), seconds: Number(((performance.now() - start) / 1000).toFixed(1)) }));
}
