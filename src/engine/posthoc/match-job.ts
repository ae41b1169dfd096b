/** Matching the features of two dictionaries as a job: finds both among folders by their hashes, then the nearest rows both ways. */
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { findDictionary } from '../interp/map/find-dictionary.ts';
import { breathe } from '../job.ts';
import type { JobContext, JobRunner } from '../job.ts';
import { requireDirections } from '../sae/directions.ts';
import { matchRows } from './match-rows.ts';
import type { Matches } from './match-rows.ts';

const side = z.strictObject({ name: z.string().max(1000), hash: z.string().min(1).max(200), provenance: z.string().nullable() });

export const matchConfigSchema = z.strictObject({
  /** Folders in which the dictionaries may be. */
  candidates: z.array(z.string().min(1).max(4096)).max(1000),
  a: side,
  b: side,
  /** Latents may be negative in either: |cos| counts. */
  signed: z.boolean(),
});

export type MatchConfig = z.infer<typeof matchConfigSchema>;

/** What `matches.json` holds: for each feature the nearest of the other side (-1: none) and how near. */
export interface MatchFile {
  readonly a: { readonly at: number[]; readonly value: number[] };
  readonly b: { readonly at: number[]; readonly value: number[] };
}

export function matchFile({ aToB, bToA }: Matches): MatchFile {
  const plain = ({ at, best }: Matches['aToB']): MatchFile['a'] => ({ at: [...at], value: Array.from(best, (value) => Number(value.toFixed(5))) });
  return { a: plain(aToB), b: plain(bToA) };
}

async function found(config: MatchConfig, which: 'a' | 'b', context: JobContext): Promise<{ path: string; values: Float32Array; n: number }> {
  const { name, hash, provenance } = config[which];
  const dictionary = await findDictionary(config.candidates, hash, provenance, context.log);
  if (dictionary !== null) requireDirections(dictionary, 'comparison by directions: compare by examples');
  if (dictionary !== null) return { path: dictionary.path, values: dictionary.wDec, n: dictionary.dSae };
  throw new LoupeError('not-found', `the dictionary of ${name} (hash ${hash.slice(0, 12)}) is not in the workspace: add it there, or compare by examples, which needs the catalogs alone.`);
}

/** Result: {matches: the file's path, dictionaries}. Kinds: not-found (a dictionary), mismatch (widths), cancelled. */
export const runMatch: JobRunner<MatchConfig> = async (config, context) => {
  await loadBackend();
  const [a, b] = [await found(config, 'a', context), await found(config, 'b', context)];
  const start = performance.now();
  const matches = await matchRows(a, b, config.signed, async (done) => {
    const seconds = (performance.now() - start) / 1000;
    context.progress({ phase: 'match', step: done, total: a.n, tokensPerSecond: null, etaSeconds: (seconds / done) * (a.n - done), metrics: {}, message: null });
    await breathe();
    if (context.signal.aborted) throw new LoupeError('cancelled', 'the comparison was stopped. Run it again to have it.');
  });
  const path = join(context.folder, 'matches.json');
  writeJsonAtomic(path, matchFile(matches));
  return { matches: path, dictionaries: [a.path, b.path] };
};
