/** The map of a dictionary's features as a job: exact neighbours of decoder directions, the fuzzy graph, the layout. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../files/atomic.ts';
import { LoupeError } from '../../../shared/errors.ts';
import { breathe } from '../../job.ts';
import type { JobContext, JobRunner } from '../../job.ts';
import { Random } from '../../random.ts';
import { requireDirections } from '../../sae/directions.ts';
import { nearestRows, unitRows } from '../neighbours.ts';
import { mapConfigSchema } from './config.ts';
import type { MapConfig } from './config.ts';
import { findDictionary } from './find-dictionary.ts';
import type { FoundDictionary } from './find-dictionary.ts';
import { fuzzyGraph } from './graph.ts';
import { epochsFor, Layout } from './layout.ts';
import { readNeighbours, writeNeighbours } from './neighbours-file.ts';
import type { StoredNeighbours } from './neighbours-file.ts';
import { spectralStart, spectralSteps } from './spectral.ts';

export { mapConfigSchema };

/** Rows of neighbours between two looks at the signal. */
const rowsAtOnce = 512;

type Report = (step: number, message?: string) => void;

/** Reports steps of one phase with the time that is left at its own pace. */
function phase(context: JobContext, name: string, total: number): Report {
  const from = performance.now();
  return (step, message) => {
    const left = step > 0 ? ((performance.now() - from) / 1000 / step) * (total - step) : null;
    context.progress({ phase: name, step, total, tokensPerSecond: null, etaSeconds: left, metrics: {}, message: message ?? null });
  };
}

async function pause(context: JobContext): Promise<void> {
  await breathe();
  if (context.signal.aborted) throw new LoupeError('cancelled', 'the map was stopped. Run it again to go on; neighbours that were found are kept.');
}

/** The `k` nearest of each row of wDec, float32 [dSae, dOut], by cosine. */
async function nearest({ wDec, dSae }: FoundDictionary, k: number, context: JobContext): Promise<StoredNeighbours> {
  const report = phase(context, 'neighbours', dSae);
  const units = unitRows(wDec, wDec.length / dSae);
  const wanted = Math.min(k, dSae - 1);
  const out = { n: dSae, k: wanted, ids: new Int32Array(dSae * wanted), cosines: new Float32Array(dSae * wanted) };
  try {
    for (let first = 0; first < dSae; first += rowsAtOnce) {
      await pause(context);
      const { ids, cosines } = nearestRows(units, first, Math.min(rowsAtOnce, dSae - first), wanted);
      out.ids.set(ids, first * wanted);
      out.cosines.set(cosines, first * wanted);
      report(Math.min(dSae, first + rowsAtOnce));
    }
  } finally {
    units.dispose();
  }
  return out;
}

interface Ties {
  readonly neighbours: StoredNeighbours;
  /** `decoder`: of the dictionary's directions, exact; `catalog`: those that the build stored. */
  readonly from: 'decoder' | 'catalog';
  readonly dictionary: string | null;
}

/** The neighbours: found before in this folder, of the dictionary, or those that the catalog stored. Kind not-found where none can be had. */
async function ties(config: MapConfig, context: JobContext): Promise<Ties> {
  const kept = join(context.folder, `neighbours-${config.hash?.slice(0, 16) ?? 'none'}-${config.k}.bin`);
  const before = readNeighbours(kept);
  if (before?.n === config.features) return { neighbours: before, from: 'decoder', dictionary: null };
  const found = config.hash === null ? null : await findDictionary(config.candidates, config.hash, config.provenance, context.log);
  if (found !== null) requireDirections(found, 'map of directions');
  if (found !== null && found.dSae === config.features) {
    const neighbours = await nearest(found, config.k, context);
    writeNeighbours(kept, neighbours);
    return { neighbours, from: 'decoder', dictionary: found.path };
  }
  const stored = config.stored === null ? null : readNeighbours(config.stored);
  if (stored !== null && stored.n === config.features) {
    context.log(`No dictionary of the workspace is the one that the catalog was built from: the map is made of the ${stored.k} neighbours that the catalog holds.`);
    return { neighbours: stored, from: 'catalog', dictionary: null };
  }
  throw new LoupeError('not-found', `the dictionary that this catalog was built from (hash ${config.hash?.slice(0, 12) ?? 'unknown'}) is not in the workspace, and the catalog holds no neighbours. Link the dictionary's folder on the Workspace page.`);
}

async function layOut({ neighbours }: Ties, config: MapConfig, context: JobContext): Promise<Layout> {
  const { n, k, ids, cosines } = neighbours;
  const random = Random.from(config.seed, 'map');
  const graph = fuzzyGraph({ n, k, ids, distances: cosines.map((cosine) => Math.max(0, 1 - cosine)) });
  const starting = phase(context, 'start', spectralSteps);
  const start = spectralStart(graph, random);
  let step = start.next();
  for (; step.done !== true; step = start.next()) {
    starting(step.value);
    await pause(context);
  }
  const layout = new Layout(graph, step.value, config.epochs === 0 ? epochsFor(n) : config.epochs, random);
  const report = phase(context, 'layout', layout.epochs);
  while (layout.epoch < layout.epochs) {
    layout.step();
    report(layout.epoch);
    await pause(context);
  }
  return layout;
}

/**
 * Result: {points, from, dictionary, k, epochs, start, seed}; `points` is a file of float32 [features, 2]. Kinds: not-found (neither the
 * dictionary nor stored neighbours), cancelled, and those of loading and of files.
 */
export const runMap: JobRunner<MapConfig> = async (config: MapConfig, context: JobContext) => {
  const found = await ties(config, context);
  if (found.neighbours.n <= 2) throw new LoupeError('unsupported', `a map needs more than ${found.neighbours.n} features.`);
  const { points, epochs } = await layOut(found, config, context);
  const file = join(context.folder, 'points.bin');
  writeFileAtomic(file, new Uint8Array(points.buffer, points.byteOffset, points.byteLength));
  return {
    points: file, from: found.from, dictionary: found.dictionary, k: found.neighbours.k, epochs, minDist: 0.1, metric: 'cosine',
    start: `spectral, ${spectralSteps} orthogonal iterations`, seed: config.seed,
  };
};
