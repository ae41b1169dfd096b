/** Every row of a catalog as text, for comparing two; times are left out, and how often a label was changed. */
import Database from 'better-sqlite3';

const times = new Set(['started_at', 'finished_at', 'changed']);
const tables = ['models', 'vocabulary', 'stores', 'contexts', 'sources', 'builds', 'source_columns', 'features', 'feature_details', 'feature_extras', 'examples', 'labels', 'scores', 'reviews', 'lists', 'list_items', 'views', 'comments', 'encoders', 'embeddings', 'maps', 'contexts_fts_idx', 'contexts_fts_docsize'];

export function dumpCatalog(path: string): Record<string, string[]> {
  const db = new Database(path, { readonly: true });
  try {
    return Object.fromEntries(tables.map((table) => [table, (db.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[]).map((row) => JSON.stringify(
      Object.entries(row).filter(([name]) => !times.has(name)).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value]),
    ))]));
  } finally {
    db.close();
  }
}
