import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '../../engine/formats/safetensors.ts';
import { densityBin } from '../../engine/lm/sparsity/ladder.ts';
import type { CommandOutput } from '../../shared/contract.ts';
import { LoupeError } from '../../shared/errors.ts';
import { sparsityStudySchema } from '../../shared/schema/sparsity.ts';
import type { SparsityStudy, UnitGroup } from '../../shared/schema/sparsity.ts';
import type { ServiceContext } from '../context.ts';
import { jobFolder } from '../jobs/folder.ts';
import { runsFolder } from '../workspace/layout.ts';
import type { HandlersOf } from './types.ts';

/** As the engine's job writes it; a study of a large model takes some megabytes. */
const studyFile = 'sparsity.json';
const ratesFile = 'rates.safetensors';
const mostBytes = 64 * 2 ** 20;

/** A study in a run's folder. Kinds: not-found, bad-file for one that is broken or not by the schema. */
export function readStudy(folder: string): SparsityStudy {
  const path = join(folder, studyFile);
  if (!existsSync(path)) throw new LoupeError('not-found', 'this study has no result yet.');
  if (statSync(path).size > mostBytes) throw new LoupeError('bad-file', `${path} is larger than a study can be. Run the study again.`);
  try {
    return sparsityStudySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} is no study that this Loupe can read. Run the study again.`, String(cause).slice(0, 2000), { cause });
  }
}

/** Units of one layer that belong to a group. Kinds: not-found (a layer, or no result), bad-file. */
export function readUnits(folder: string, layer: number, group: UnitGroup, limit: number): CommandOutput<'sparsity.units'> {
  const { full: { tokens }, layers } = readStudy(folder);
  if (layer >= layers.length) throw new LoupeError('not-found', `layer: the study has no layer ${layer}: its layers are 0 to ${layers.length - 1}.`);
  const file = openSafetensors(join(folder, ratesFile));
  try {
    const found: { unit: number; rate: number }[] = [];
    file.readFloat32(`blocks.${layer}`).forEach((value, unit) => {
      // Rates are whole numbers of tokens: as float32 they would fall beside the edges of bins.
      const rate = Math.min(1, Math.max(0, Math.round(value * tokens) / tokens));
      if (belongs(rate, group, tokens)) found.push({ unit, rate });
    });
    found.sort((a, b) => b.rate - a.rate || a.unit - b.unit);
    return { total: found.length, units: found.slice(0, limit) };
  } finally {
    file.close();
  }
}

function belongs(rate: number, group: UnitGroup, tokens: number): boolean {
  if (group === 'never') return rate === 0;
  return group === 'always' ? rate === 1 : densityBin(rate, tokens) === group;
}

/** Studies of sparsity; making one is a job. */
export function sparsityHandlers({ workspace, jobs }: ServiceContext): HandlersOf<'sparsity'> {
  const folderOf = (id: string): string => {
    if (jobs.get(id).kind !== 'lm-sparsity') throw new LoupeError('bad-request', `id: the run "${id}" is no study of sparsity`);
    return jobFolder(runsFolder(workspace), id);
  };
  return {
    'sparsity.result': async ({ id }) => readStudy(folderOf(id)),
    'sparsity.units': async ({ id, layer, group, limit }) => readUnits(folderOf(id), layer, group, limit),
  };
}
