import { readAttribution, readExpertLayer, readExpertUses } from '../../engine/lm/experts/result-files.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { ServiceContext } from '../context.ts';
import { jobFolder } from '../jobs/folder.ts';
import { runsFolder } from '../workspace/layout.ts';
import type { HandlersOf } from './types.ts';

/** Experts of a model: what a run found out is read from its folder, what is asked of a text goes to the engine. */
export function expertsHandlers({ workspace, engine, jobs }: ServiceContext): HandlersOf<'experts'> {
  const folderOf = (id: string): string => {
    if (jobs.get(id).kind !== 'lm-experts') throw new LoupeError('bad-request', `id: the run "${id}" attributed no experts`);
    return jobFolder(runsFolder(workspace), id);
  };
  return {
    'experts.describe': (input) => engine.request('liveExperts', input),
    'experts.result': async ({ id }) => readAttribution(folderOf(id)),
    'experts.layer': async ({ id, layer }) => readExpertLayer(folderOf(id), layer),
    'experts.uses': async ({ id, layer, expert }) => ({ uses: readExpertUses(folderOf(id), layer, expert) }),
    'experts.route': (input) => engine.request('liveRoute', input),
  };
}
