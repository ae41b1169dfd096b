/** An export from beginning to end, in a thread of its own. */
import { resolve } from 'node:path';
import type { ExportConfig } from '../../../shared/schema/export.ts';
import { openCatalogReader } from '../../catalog/opening.ts';
import { sqliteError } from '../../catalog/sqlite-errors.ts';
import { formatNamed } from './formats/registry.ts';
import { writePlaced } from './place.ts';
import { ExportReader } from './reader.ts';
import type { Watch } from './watch.ts';

/**
 * Writes what `config` says. Result: {out, format, features, sources, bytes, seconds} and the format's own counts.
 * Kinds: conflict when something is at `out`, not-found for an empty selection, bad-file for a damaged catalog, cancelled, read-only, no-space.
 */
export function performExport(config: ExportConfig, watch: Watch): Record<string, unknown> {
  const start = performance.now();
  const format = formatNamed(config.format);
  const out = resolve(config.out);
  const db = openCatalogReader(config.catalog);
  try {
    const reader = new ExportReader(db, config, config.examples ?? format.examples, watch);
    const { result, bytes } = writePlaced(out, (aside) => format.write({ reader, config, watch }, aside));
    return {
      out, format: format.name, features: reader.total, sources: reader.sources.length, bytes, ...result,
      seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
    };
  } catch (error) {
    throw sqliteError(error, config.catalog);
  } finally {
    db.close();
  }
}
