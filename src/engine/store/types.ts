/**
 * What an activation store is, to everyone who reads one: the trainer, the evaluator, the catalog builder.
 *
 * A store holds contexts of `contextLength` tokens. Position p of context c is row c * contextLength + p.
 */

/** Which model and tokenizer the activations came from; compared before a store or dictionary is used with a model. */
export interface ModelIdentity {
  readonly name: string;
  /** Registry id of the family: gpt2, llama... */
  readonly family: string;
  readonly dModel: number;
  readonly layers: number;
  /** sha256 over the weights as loaded (tensor names, shapes, bytes); hex. */
  readonly hash: string;
  readonly tokenizerHash: string;
}

export interface CorpusIdentity {
  readonly name: string;
  readonly documents: number;
  /** sha256 over the documents used, in order; hex. */
  readonly hash: string;
  readonly sources: readonly string[];
}

export interface StoreHook {
  readonly name: string;
  readonly d: number;
}

export interface StoreShard {
  readonly file: string;
  readonly firstContext: number;
  readonly contexts: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** How a store was harvested: what a resumed harvest must share with the one that it continues. */
export interface HarvestSettings {
  /** Tokens asked for; the store holds whole contexts, and fewer where the corpus ended first. */
  readonly tokens: number;
  /** Contexts in one forward pass. */
  readonly batch: number;
  /** Contexts in each shard but the last. */
  readonly shardContexts: number;
  readonly shuffle: boolean;
  readonly field: string;
  readonly unit: 'block' | 'file';
  readonly badLines: 'skip' | 'refuse';
  /** Present and true where each context is one conversation, padded. */
  readonly conversations?: boolean | undefined;
  /** Present and true where each hook has its loss gradient under `<hook>.grad`. */
  readonly gradients?: boolean | undefined;
}

/** Where in the corpus the next context begins. */
export interface CorpusCursor {
  /** Documents taken so far, the current one included. */
  readonly documents: number;
  /** Tokens of the current document (with what is put around it) that are already in a context. */
  readonly tokens: number;
  /** Chained sha256 over the documents taken so far; hex. */
  readonly hash: string;
}

/** `manifest.json` of a store. */
export interface StoreManifest {
  readonly format: 'loupe-activations';
  readonly version: 1;
  readonly model: ModelIdentity;
  readonly corpus: CorpusIdentity;
  readonly hooks: readonly StoreHook[];
  readonly dtype: 'float16' | 'float32';
  readonly contextLength: number;
  readonly contexts: number;
  readonly prependBos: boolean;
  /** Attention was kept inside each document. */
  readonly isolate: boolean;
  /** Ids whose positions are left out of training and evaluation, beside position 0. */
  readonly specialTokenIds: readonly number[];
  readonly seed: number;
  readonly shards: readonly StoreShard[];
  readonly complete: boolean;
  readonly codeVersion: string;
  readonly backend: string;
  /** Absent in a store that Loupe did not harvest. */
  readonly harvest?: HarvestSettings | undefined;
  /** After the last shard listed; absent once the store is complete. */
  readonly cursor?: CorpusCursor | undefined;
}

/** Read access to a store, by context. Implementations read slices of files; nothing is held whole in memory. */
export interface ActivationStore {
  readonly folder: string;
  readonly manifest: StoreManifest;
  /** Token ids, int32 [count * contextLength]. */
  tokens(firstContext: number, count: number): Int32Array;
  /** The document number of each token, int32 [count * contextLength]. */
  documents(firstContext: number, count: number): Int32Array;
  /** 1 where a row counts in training and evaluation: not position 0 (nor, where attention was isolated, the first of a document), not a special token. uint8 [count * contextLength]. */
  mask(firstContext: number, count: number): Uint8Array;
  /**
   * Activations at `hook`, float32 [count * contextLength, d]. Kind not-found for a hook that the store lacks. `out`, when it is
   * long enough, is filled instead of a new array, and its part is returned: fresh memory costs as much as decoding.
   */
  activations(hook: string, firstContext: number, count: number, out?: Float32Array): Float32Array;
  close(): void;
}
