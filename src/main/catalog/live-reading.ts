/** What a live question needs out of a catalog: the tokens of a stored context, and what features are called. */
import { LoupeError } from '../../shared/errors.ts';
import type { FeatureName } from '../../shared/schema/live.ts';
import { expandDocuments } from './blobs.ts';
import type { ReadHandle } from './handle.ts';
import { requireSource } from './reading.ts';
import { context } from './tables/contexts.ts';
import { featureName } from './tables/features.ts';
import type { SourceRow } from './tables/sources.ts';

/** Those of the features that are there, in the order asked for. Kind not-found for a source that is not. */
export function liveNames(db: ReadHandle, { source, indices }: { readonly source: number; readonly indices: readonly number[] }): { names: FeatureName[] } {
  return db.snapshot(() => {
    requireSource(db, source);
    const names = indices.flatMap((index) => {
      const found = featureName(db, source, index);
      return found === null ? [] : [{ index, ...found }];
    });
    return { names };
  });
}

export interface StoredContext {
  readonly source: SourceRow;
  /** int32 [tokens] each */
  readonly tokens: Int32Array;
  readonly documents: Int32Array;
}

/** A stored context with the source that it is looked at for. Kind not-found; mismatch for a context of another store. */
export function liveContext(db: ReadHandle, input: { readonly source: number; readonly context: number }): StoredContext {
  return db.snapshot(() => {
    const source = requireSource(db, input.source);
    const row = context(db, input.context);
    if (row === null) throw new LoupeError('not-found', `${db.path} has no context ${input.context}.`);
    if (row.store !== source.store) throw new LoupeError('mismatch', `context ${input.context} belongs to other activations than source ${input.source}.`);
    return { source, tokens: row.tokens, documents: expandDocuments(row.documents, row.tokens.length) };
  });
}
