/**
 * What a corpus is: a named sequence of documents that can be read again from the start and gives the same documents.
 *
 * A kind of corpus is one file in `kinds/` and one line in `registry.ts`.
 */

/** One document. Documents are what attention and "at most one example a document" go by. */
export interface CorpusDocument {
  /** Stable within the corpus: `notes.txt:12`, `noun:00001740`. */
  readonly id: string;
  readonly text: string;
}

/** How the documents of a corpus are to be cut and read. Every kind takes what concerns it. */
export interface CorpusOptions {
  /** JSONL field or Parquet column that holds the text. */
  readonly field: string;
  /** Text files: one document a blank-line-separated block, or one a file. */
  readonly unit: 'block' | 'file';
  /** JSONL: a line that cannot be used is counted and skipped, or ends the work with its number. */
  readonly badLines: 'skip' | 'refuse';
  /** JSONL: a document is a list of messages (conversations.ts). */
  readonly conversations: boolean;
  /** A line for the user: what was skipped and why. */
  readonly log: (line: string) => void;
}

export const defaultCorpusOptions: CorpusOptions = { field: 'text', unit: 'block', badLines: 'skip', conversations: false, log: () => {} };

export interface Corpus {
  /** Short name for lists and provenance; never an absolute path. */
  readonly name: string;
  /** File or package names, in reading order; never absolute paths. */
  readonly sources: readonly string[];
  /** True where the order is a listing (a dictionary by part of speech) that no reader would follow. */
  readonly listing: boolean;
  /** Reads from the start. Memory is bounded by the longest document and one read buffer, never by the corpus. */
  documents(): AsyncIterable<CorpusDocument>;
  /** Of corpora that say themselves what is not to be trained on: those documents, which `documents` leaves out. */
  heldOut?(): AsyncIterable<CorpusDocument>;
  /** Of corpora whose documents mean little from their middle on (games): a training context begins where a document does. */
  readonly fromTheStart?: boolean;
}

export interface CorpusKind {
  readonly id: string;
  /** Of kinds with many names: how each begins. */
  readonly prefix?: string;
  readonly title: string;
  readonly summary: string;
  /** True when this kind reads the file or folder at `path`. Undefined for the kinds that are named by their id. */
  readonly accepts?: (path: string, isFolder: boolean) => boolean;
  /** Kinds: not-found, bad-file, unsupported. `path` is the id itself for a kind without `accepts`. */
  readonly open: (path: string, options: CorpusOptions) => Promise<Corpus>;
}
