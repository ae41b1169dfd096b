/** Neuronpedia's JSONL as a catalog of ours: complete, verified like any other, and nothing of it believed. */
import { resolve } from 'node:path';
import type { ImportConfig } from '../../../shared/schema/import.ts';
import { LoupeError } from '../../../shared/errors.ts';
import { makeCatalog, openCatalogWriter } from '../../catalog/opening.ts';
import { sqliteError } from '../../catalog/sqlite-errors.ts';
import { dropContextIndex } from '../../catalog/tables/transfer.ts';
import type { WriteHandle } from '../../catalog/handle.ts';
import { beginPlaced } from '../export/place.ts';
import type { Watch } from '../export/watch.ts';
import { findSources } from './files.ts';
import type { SourceFiles } from './files.ts';
import { Problems } from './problems.ts';
import { SourceImport } from './source.ts';
import type { ImportCounts, WordsByModel } from './source.ts';

async function fill(db: WriteHandle, sources: readonly SourceFiles[], problems: Problems, watch: Watch): Promise<ImportCounts> {
  const sum: ImportCounts = { features: 0, examples: 0, labels: 0, scores: 0, contexts: 0 };
  const words: WordsByModel = new Map();
  // Until the file has its name nothing has to survive a power cut.
  db.pragma('synchronous = OFF');
  const restoreIndex = dropContextIndex(db);
  for (const files of sources) {
    const counts = await (await SourceImport.begin(db, files, words, problems, watch)).run(watch);
    for (const name of Object.keys(sum) as (keyof ImportCounts)[]) sum[name] += counts[name];
  }
  restoreIndex();
  db.transaction(() => words.forEach((entries, model) => entries.write(db, model)));
  return sum;
}

/**
 * Makes the catalog `config.out` out of what lies at `config.paths`. Result: {out, sources, features, examples, labels, scores, contexts,
 * skipped by kind of row, the first problems, bytes, seconds}. Kinds: not-found, conflict, bad-file (no export, or one that is broken), cancelled.
 */
export async function importNeuronpedia(config: ImportConfig, watch: Watch): Promise<Record<string, unknown>> {
  const start = performance.now();
  const out = resolve(config.out);
  const place = beginPlaced(out);
  const problems = new Problems();
  try {
    const sources = await findSources(config.paths);
    makeCatalog(place.aside);
    const db = openCatalogWriter(place.aside);
    let counts: ImportCounts;
    try {
      counts = await fill(db, sources, problems, watch);
    } finally {
      db.close();
    }
    if (counts.features === 0) throw new LoupeError('bad-file', `no row of ${config.paths.join(', ')} could be taken in: ${problems.first[0] ?? 'there is none'}`, problems.first.join('\n'));
    const bytes = place.finish();
    return { out, sources: sources.length, ...counts, skipped: problems.skipped, problems: problems.first, bytes, seconds: Number(((performance.now() - start) / 1000).toFixed(2)) };
  } catch (error) {
    place.abandon();
    throw sqliteError(error, out);
  }
}
