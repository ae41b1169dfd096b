/** Making a map: the engine lays the features out, by the dictionary if the workspace has it; the catalog keeps the points. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobContext } from '../../engine/job.ts';
import { writeNeighbours } from '../../engine/interp/map/neighbours-file.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CatalogClient } from '../catalog/client.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import type { MapJobConfig } from './config.ts';

/** Runs the engine's part: its process for the studio, this very process for the command line. */
export type MapRunner = (config: Readonly<Record<string, unknown>>, context: JobContext) => Promise<Record<string, unknown>>;

/** The neighbours that the catalog stored, in a file for the engine; null where it has none. */
async function storedNeighbours(catalog: CatalogClient, source: number, features: number, folder: string): Promise<string | null> {
  try {
    const graph = await catalog.ask('explore.neighbours', { source });
    if (graph.k === 0) return null;
    const path = join(folder, 'stored.bin');
    mkdirSync(folder, { recursive: true });
    writeNeighbours(path, { n: features, ...graph });
    return path;
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'not-found') return null;
    throw error;
  }
}

/** The dictionary's own record in the catalog's provenance, as JSON text. */
function dictionaryProvenance(provenance: string): string | null {
  try {
    const { dictionary } = JSON.parse(provenance) as { dictionary?: unknown };
    return dictionary === undefined ? null : JSON.stringify(dictionary);
  } catch {
    return null;
  }
}

/**
 * Maps a source. `workspace` is where its dictionary is looked for; null: it is not. Result: how the map was made, with {catalog, source}.
 * Kinds: read-only, not-found (the source; neither the dictionary nor neighbours), cancelled.
 */
export async function mapCatalog(
  catalog: CatalogClient, { source, k, epochs, seed }: Omit<MapJobConfig, 'catalog'>, workspace: string | null, run: MapRunner, context: JobContext, candidates: readonly string[] = [],
): Promise<Record<string, unknown>> {
  if (catalog.readOnly) throw new LoupeError('read-only', `${catalog.path} cannot be changed. Copy it to your workspace to map it.`);
  const found = (await catalog.info()).sources.find(({ id }) => id === source);
  if (found === undefined) throw new LoupeError('not-found', `${catalog.path} has no source ${source}.`);
  const items = workspace === null ? [] : (await scanWorkspace(workspace)).items;
  const dictionaries = items.filter(({ kind, problem }) => kind === 'dictionary' && problem === null).map(({ path }) => path);
  const { points, ...made } = await run({
    k, epochs, seed, candidates: [...candidates, ...dictionaries].slice(0, 1000), hash: found.dictionaryHash, provenance: dictionaryProvenance(found.provenance),
    stored: await storedNeighbours(catalog, source, found.features, context.folder), features: found.features,
  }, context);
  const { buffer } = Uint8Array.from(readFileSync(String(points)));
  await catalog.change('explore.addMap', { source, kind: 'umap', options: JSON.stringify(made), points: new Float32Array(buffer), createdAt: new Date().toISOString() });
  return { catalog: catalog.path, source, ...made };
}
