/** What the file of one foreign format exports, and what a dictionary is between two of them. A format is one file and one line in registry.ts. */
import type { DictionaryWeights } from '../sae/weights.ts';

/** What its files say of a dictionary beside its weights; null where they are silent. */
export interface DictionaryAbout {
  /** The class or architecture, by the name that the format gives it. */
  readonly architecture: string;
  /** The program that wrote it. */
  readonly writer: string;
  readonly modelName: string | null;
  readonly hookPoint: string | null;
  /** What a transcoder predicts. */
  readonly targetHook: string | null;
  readonly contextLength: number | null;
  readonly prependBos: boolean | null;
  /** Activations side by side in the input: 1 but for crosscoders. */
  readonly sources: number;
  /** Latents a token in training, where the form at inference does not hold it (BatchTopK). */
  readonly k: number | null;
  /** The format's own settings, as they were read. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A dictionary on its way from one format to another. */
export interface PortableDictionary {
  readonly weights: DictionaryWeights;
  readonly about: DictionaryAbout;
  /** What a reader should know: folds, values that were left behind, guesses. */
  readonly notes: readonly string[];
}

export interface DictionaryFormat {
  /** The file's name and the name on the command line. */
  readonly id: string;
  readonly title: string;
  /** The files by which a path is known, in words. */
  readonly holds: string;
  /** True where a path, a folder or a file, holds one. Looks at names and the beginning of files only. */
  readonly detect: (path: string) => boolean;
  /** `path` is what `place` is called in the end, while it is still written aside. Kinds: not-found, bad-file, unsupported, not-finite. */
  readonly read: (place: string, path: string) => PortableDictionary;
  /**
   * Writes into an existing empty folder, or to a file where `file`; gives notes.
   * Kind unsupported where the format cannot hold the function; the message says why.
   */
  readonly write: (place: string, dictionary: PortableDictionary, path: string) => readonly string[];
  /** The destination is one file. */
  readonly file: boolean;
}

export const unknownAbout: DictionaryAbout = {
  architecture: 'unknown', writer: 'unknown', modelName: null, hookPoint: null, targetHook: null, contextLength: null, prependBos: null, sources: 1, k: null, details: {},
};
