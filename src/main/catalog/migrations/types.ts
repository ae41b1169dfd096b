/** One step of the schema. Appended, never edited after a release; it runs inside a transaction. */
import type { WriteHandle } from '../handle.ts';

export interface Migration {
  /** The version that the schema has after this step: 1, 2, 3... */
  readonly version: number;
  readonly what: string;
  readonly up: (db: WriteHandle) => void;
}
