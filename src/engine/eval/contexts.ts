/** What a dictionary is evaluated on: contexts of a store, or of a corpus that a model runs over. */
import { LoupeError } from '../../shared/errors.ts';
import type { Corpus } from '../corpora/definition.ts';
import { packContexts } from '../harvest/pack.ts';
import type { PackedContext } from '../harvest/pack.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { TokenBatch } from '../lm/splice.ts';
import { scoped } from '../ops/scope.ts';
import { rowMask } from '../store/mask.ts';
import { sideBySide } from '../train/row-parts.ts';
import type { ActivationStore } from '../store/types.ts';
import type { EvaluationRows } from './reconstruction.ts';

/** Hooks that a dictionary reads (several side by side for crosscoders), and the one that it predicts, or null. */
export interface DictionaryHooks {
  readonly read: readonly string[];
  readonly target: string | null;
}

export interface EvaluationContexts {
  readonly contexts: number;
  readonly contextLength: number;
  /** Where they come from, in words. */
  readonly data: string;
  /** How the activations were stored. */
  readonly dtype: string;
  /** Whose activations they are. */
  readonly model: string | null;
  batch(first: number, count: number): TokenBatch;
  rows(first: number, count: number): EvaluationRows;
}

/** Contexts in one part of an evaluation. */
export const contextsAtATime = 16;

/** The rows of all contexts, in order. */
export function* rowsOf(source: EvaluationContexts): Generator<EvaluationRows> {
  for (let first = 0; first < source.contexts; first += contextsAtATime) yield source.rows(first, Math.min(contextsAtATime, source.contexts - first));
}

/** About `tokens` tokens of whole contexts, spread evenly over the source; `together` contexts in a batch. */
export function* batchesOf(source: EvaluationContexts, tokens: number, together: number): Generator<TokenBatch> {
  const wanted = Math.min(source.contexts, Math.max(1, Math.ceil(tokens / source.contextLength)));
  const batches = Math.ceil(wanted / together);
  for (let i = 0; i < batches; i++) {
    const first = Math.floor((i * source.contexts) / batches);
    yield source.batch(first, Math.min(together, wanted - i * together, source.contexts - first));
  }
}

function withTarget(x: Float32Array, rows: number, mask: Uint8Array, y: Float32Array | null): EvaluationRows {
  return y === null ? { x, rows, mask } : { x, rows, mask, y };
}

/** The last `contexts` contexts of a store. Kind not-found for a hook that it lacks. */
export function storeContexts(store: ActivationStore, { read, target }: DictionaryHooks, contexts: number): EvaluationContexts {
  const { manifest, folder } = store;
  const { contextLength, isolate, model, dtype } = manifest;
  const names = manifest.hooks.map(({ name }) => name);
  for (const name of target === null ? read : [...read, target]) {
    if (!names.includes(name)) throw new LoupeError('not-found', `${folder} has no hook "${name}": set --hook (--target-hook) to one of ${names.join(', ')}`);
  }
  const skip = Math.max(0, manifest.contexts - contexts);
  const count = manifest.contexts - skip;
  return {
    contexts: count, contextLength, model: `${model.name} ${model.hash.slice(0, 12)}`, dtype: `${dtype} activations, float64 sums`,
    data: `store ${folder}, contexts ${skip} to ${manifest.contexts - 1} (corpus ${manifest.corpus.name} ${manifest.corpus.hash.slice(0, 12)})`,
    batch: (first, n) => ({
      tokens: store.tokens(skip + first, n), batch: n, length: contextLength, mask: store.mask(skip + first, n),
      ...(isolate ? { documents: store.documents(skip + first, n) } : {}),
    }),
    rows: (first, n) => {
      const rows = n * contextLength;
      const x = sideBySide(read.map((name) => store.activations(name, skip + first, n)), rows);
      return withTarget(x, rows, store.mask(skip + first, n), target === null ? null : store.activations(target, skip + first, n));
    },
  };
}

/** Values at `hooks` float32 [rows, d] each, from one pass. */
function runHooks(model: LanguageModel, { tokens, batch, length, documents }: TokenBatch, hooks: readonly string[]): Float32Array[] {
  const { cache } = model.run(tokens, batch, length, { names: [...new Set(hooks)], logits: false, ...(documents === undefined ? {} : { documents }) });
  const values = hooks.map((name) => scoped(() => cache.get(name)!.dataSync<'float32'>()));
  cache.forEach((value) => value.dispose());
  return values;
}

export interface CorpusPart {
  /** At most; whole contexts are taken from the corpus' start. */
  readonly tokens: number;
  readonly contextLength: number;
}

/** The first contexts of a corpus; activations come from the model when they are asked for. Kind bad-request where the corpus fills no context. */
export async function corpusContexts(model: LanguageModel, corpus: Corpus, { read, target }: DictionaryHooks, { tokens, contextLength }: CorpusPart): Promise<EvaluationContexts> {
  const packed: PackedContext[] = [];
  const contexts = packContexts(corpus.documents(), model.tokenizer, { contextLength, isolate: false });
  for await (const context of contexts) {
    packed.push(context);
    if ((packed.length + 1) * contextLength > tokens) break;
  }
  if (packed.length === 0) throw new LoupeError('bad-request', `--corpus ${corpus.name} fills no context of ${contextLength} tokens: give more text, or a smaller --context-length`);
  const specialTokenIds = [...model.tokenizer.specialTokenIds];
  const batchAt = (first: number, n: number): TokenBatch => {
    const part = packed.slice(first, first + n);
    const [ids, documents] = [new Int32Array(n * contextLength), new Int32Array(n * contextLength)];
    part.forEach((context, i) => (ids.set(context.tokens, i * contextLength), documents.set(context.documents, i * contextLength)));
    return { tokens: ids, batch: n, length: contextLength, mask: rowMask({ contextLength, specialTokenIds, isolate: false }, ids, documents) };
  };
  return {
    contexts: packed.length, contextLength, model: `${model.identity.name} ${model.identity.hash.slice(0, 12)}`, dtype: 'float32 activations, float64 sums',
    data: `corpus ${corpus.name}, its first ${packed.length} contexts of ${contextLength} tokens`,
    batch: batchAt,
    rows: (first, n) => {
      const batch = batchAt(first, n);
      const values = runHooks(model, batch, target === null ? read : [...read, target]);
      return withTarget(sideBySide(values.slice(0, read.length), n * contextLength), n * contextLength, batch.mask, target === null ? null : values.at(-1)!);
    },
  };
}
