import { basename } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { compareConfigSchema } from '../../shared/schema/compare.ts';
import type { Across } from '../../shared/schema/compare.ts';
import type { ServiceContext } from '../context.ts';
import { compareResult, dictionaryFolders, dictionaryRecord } from '../compare/run.ts';
import { jobFolder } from '../jobs/folder.ts';
import { runsFolder } from '../workspace/layout.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import type { HandlersOf } from './types.ts';

/** Nearest of each dictionary that are shown. */
const nearest = 5;

/** The catalogs of the workspace's own folder by the hashes of the dictionaries that they describe. */
async function describedBy({ workspace, catalogs }: ServiceContext): Promise<Map<string, { catalog: string; source: number }>> {
  const { items } = await scanWorkspace(workspace);
  const found = new Map<string, { catalog: string; source: number }>();
  for (const { path } of items.filter(({ kind, linked, problem }) => kind === 'catalog' && !linked && problem === null).slice(0, 12)) {
    const info = await catalogs.info(path).catch(() => null);
    for (const { dictionaryHash, id } of info?.sources ?? []) if (dictionaryHash !== null && !found.has(dictionaryHash)) found.set(dictionaryHash, { catalog: path, source: id });
  }
  return found;
}

async function labelOf({ catalogs }: ServiceContext, at: { catalog: string; source: number } | undefined, index: number): Promise<string | null> {
  if (at === undefined) return null;
  return (await catalogs.get(at.catalog)).feature({ source: at.source, index }).then(({ label }) => label?.text ?? null, () => null);
}

/** Two sources side by side, and one feature beside those of other dictionaries. The comparing itself is a job. */
export function compareHandlers(context: ServiceContext): HandlersOf<'compare'> {
  const { workspace, engine, jobs, catalogs, hub } = context;
  return {
    'compare.result': async ({ id }) => {
      const job = jobs.get(id);
      if (job.kind !== 'compare') throw new LoupeError('bad-request', `id: the run "${id}" is no comparison`);
      return compareResult({ catalogs, workspace }, compareConfigSchema.parse(job.config), jobFolder(runsFolder(workspace), id), job.result);
    },
    'compare.labels': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('compare.labels', input),
    'compare.suggest': async ({ catalog, ...input }) => {
      const result = await (await catalogs.get(catalog)).change('compare.suggest', input);
      if (result.added > 0) hub.emit('catalog.changed', { catalog, source: input.source, index: null });
      return result;
    },
    'compare.nearest': async ({ catalog, source, index }) => {
      const row = (await (await catalogs.get(catalog)).info()).sources.find(({ id }) => id === source);
      if (row === undefined || row.dictionaryHash === null) throw new LoupeError('unsupported', 'this source has no dictionary whose directions could be compared.');
      const found = await engine.request('nearestAcross', { candidates: await dictionaryFolders(workspace), hash: row.dictionaryHash, provenance: dictionaryRecord(row.provenance), index, k: nearest, signed: false });
      const described = found.dictionaries.length === 0 ? new Map<string, { catalog: string; source: number }>() : await describedBy(context);
      const dictionaries: Across['dictionaries'] = [];
      for (const { path, hash, hookPoint, nearest: rows } of found.dictionaries) {
        const at = described.get(hash);
        const labelled = await Promise.all(rows.map(async (one) => ({ ...one, label: await labelOf(context, at, one.index) })));
        dictionaries.push({ path, name: basename(path), hookPoint, catalog: at?.catalog ?? null, source: at?.source ?? null, nearest: labelled });
      }
      return { dictionaries, passed: found.passed };
    },
  };
}
