/**
 * Times the import of a teammate's labels: two catalogs of the same features, every feature of theirs with a label that ours lacks or has
 * otherwise, previewed and merged on one thread as the studio does it.
 *
 *     node bench/merge-catalogs.ts [--features 24576] [--contexts 64] [--conflicts 0.5] [--json]
 *
 * Prints {features, labels, conflicts, preview_s, merge_s, cpu_s, undo_s}; making the catalogs is not timed.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setLabel } from '../src/main/catalog/labelling.ts';
import { applyMerge, previewMerge } from '../src/main/catalog/merge/apply.ts';
import { undoMerge } from '../src/main/catalog/merge/undo.ts';
import { openCatalogWriter } from '../src/main/catalog/opening.ts';
import { generateCatalog } from './generate-catalog.ts';

function labelAll(path: string, features: number, author: string, share: number): void {
  const db = openCatalogWriter(path);
  db.transaction(() => {
    for (let index = 0; index < features; index++) {
      if (index >= share * features) continue;
      setLabel(db, { source: 1, index, text: `what ${author} saw in feature ${index}`, author, kind: 'manual', confidence: 3, notes: index % 5 === 0 ? 'as in the first three examples' : '' });
    }
  });
  db.close();
}

function timed<T>(work: () => T): { seconds: number; cpu: number; result: T } {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, result };
}

const { values } = parseArgs({ options: { features: { type: 'string', default: '24576' }, contexts: { type: 'string', default: '64' }, conflicts: { type: 'string', default: '0.5' }, json: { type: 'boolean', default: false } } });
const features = Number(values.features);
const folder = mkdtempSync(join(tmpdir(), 'loupe-bench-merge-'));
try {
  const [mine, theirs] = [join(folder, 'mine.loupe'), join(folder, 'theirs.loupe')];
  generateCatalog(mine, { features, contexts: Number(values.contexts), labelled: 0 });
  copyFileSync(mine, theirs);
  labelAll(mine, features, 'Ada', Number(values.conflicts));
  labelAll(theirs, features, 'Ben', 1);
  const db = openCatalogWriter(mine);
  const paths = { from: theirs, openHere: false };
  const preview = timed(() => previewMerge(db, paths));
  const merge = timed(() => applyMerge(db, { ...paths, sources: [], conflicts: 'theirs', choices: {}, author: 'Ada' }));
  const undo = timed(() => undoMerge(db, { merge: merge.result.merge! }));
  db.close();
  const figure = (value: number): number => Number(value.toFixed(2));
  console.log(JSON.stringify({
    features, labels: merge.result.labels, conflicts: preview.result.counts.conflict, preview_s: figure(preview.seconds), merge_s: figure(merge.seconds), cpu_s: figure(preview.cpu + merge.cpu), undo_s: figure(undo.seconds),
  }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
