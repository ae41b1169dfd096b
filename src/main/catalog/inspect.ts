/** What a catalog from someone else says of itself: looked at before anything of it is used, with its schema compared. */
import { statSync } from 'node:fs';
import type { ForeignCatalog } from '../../shared/schema/share.ts';
import { openReader } from './handle.ts';
import { withForeign } from './foreign.ts';
import { checkSchema } from './schema.ts';
import { matchSources } from './merge/people.ts';
import { foreignSources } from './merge/preview.ts';
import { info } from './tables/info.ts';
import { labelAuthors } from './tables/people.ts';

export type Inspected = Omit<ForeignCatalog, 'ours' | 'verified'>;

/** Kinds: not-found, bad-file, catalog-from-future. */
export function inspectCatalog(path: string, openHere: boolean): Inspected {
  const { size, mtime } = statSync(path);
  return withForeign(path, openHere, (db) => db.snapshot(() => {
    const facts = info(db);
    return {
      path, bytes: size, modifiedAt: mtime.toISOString(), schemaVersion: versionOf(path), uid: facts.get('uid') ?? '', createdAt: facts.get('created_at') ?? '',
      sources: foreignSources(db, db, matchSources(db, db)), authors: labelAuthors(db),
    };
  }));
}

function versionOf(path: string): number {
  const db = openReader(path);
  try {
    return checkSchema(db);
  } finally {
    db.close();
  }
}
