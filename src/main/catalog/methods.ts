/** What the catalog threads can be asked, in three tables: on a reading handle, on the writing handle, and without a handle. */
import { copyValidated } from './copy.ts';
import { addChunk, addContexts, beginBuild, endBuild } from './ingest.ts';
import { setLabel, undoLastLabel } from './labelling.ts';
import { makeCatalog } from './opening.ts';
import { catalogInfo, columns, featurePageOf, features, labels, search, wholeContext } from './reading.ts';
import { verify } from './verify.ts';
import type { ReadHandle } from './handle.ts';

export const readMethods = {
  info: (db: ReadHandle, _input: null) => catalogInfo(db),
  features,
  columns,
  feature: featurePageOf,
  context: wholeContext,
  search,
  labels,
} as const;

export const writeMethods = {
  /** Opens for writing: an interrupted transaction is undone, an old schema brought up to date. */
  prepare: (_db: ReadHandle, _input: null) => null,
  setLabel,
  undoLabel: undoLastLabel,
  beginBuild,
  addContexts,
  addChunk,
  endBuild,
} as const;

/** Long, and on files that nobody else has open: each runs in a thread of its own. The first argument is the path. */
export const aloneMethods = {
  create: (path: string, _input: null) => {
    makeCatalog(path);
    return null;
  },
  verify: (path: string, input: { readonly openHere: boolean }) => verify(path, input.openHere),
  copy: (path: string, input: { readonly to: string; readonly openHere: boolean }) => {
    copyValidated(path, input.to, input.openHere);
    return null;
  },
} as const;
