import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { sparsityStudySchema } from '../../shared/schema/sparsity.ts';
import type { SparsityStudy } from '../../shared/schema/sparsity.ts';
import type { ServiceContext } from '../context.ts';
import { jobFolder } from '../jobs/folder.ts';
import { runsFolder } from '../workspace/layout.ts';
import type { HandlersOf } from './types.ts';

/** As the engine's job writes it; a study of a large model takes some megabytes. */
const studyFile = 'sparsity.json';
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

/** Studies of sparsity; making one is a job. */
export function sparsityHandlers({ workspace, jobs }: ServiceContext): HandlersOf<'sparsity'> {
  return {
    'sparsity.result': async ({ id }) => {
      if (jobs.get(id).kind !== 'lm-sparsity') throw new LoupeError('bad-request', `id: the run "${id}" is no study of sparsity`);
      return readStudy(jobFolder(runsFolder(workspace), id));
    },
  };
}
