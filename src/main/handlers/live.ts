import type { LiveTarget } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { ServiceContext } from '../context.ts';
import { chooseTarget, findModel, resolveTarget } from '../live/resolve.ts';
import { wantedBy, type WantedParts } from '../live/wanted.ts';
import type { HandlersOf } from './types.ts';

/** What runs live: each question goes to the engine process, which answers between two steps of a job. */
export function liveHandlers({ workspace, engine, catalogs }: ServiceContext): HandlersOf<'live'> {
  async function wanted(catalog: string, id: number): Promise<WantedParts> {
    const { sources } = await catalogs.info(catalog);
    const source = sources.find((one) => one.id === id);
    if (source === undefined) throw new LoupeError('not-found', `${catalog} has no source ${id}.`);
    return wantedBy(source);
  }
  const resolve = async (catalog: string, source: number): Promise<LiveTarget> => resolveTarget({ workspace, engine }, await wanted(catalog, source));
  return {
    'live.resolve': ({ catalog, source }) => resolve(catalog, source),
    'live.choose': async ({ catalog, source, kind, path }) => {
      await chooseTarget({ workspace, engine }, await wanted(catalog, source), kind, path);
      return resolve(catalog, source);
    },
    'live.dictionary': async (input) => {
      const info = await engine.request('liveDictionary', input);
      return { ...info, modelPath: info.model === null ? null : await findModel({ workspace, engine }, info.model) };
    },
    'live.encode': (input) => engine.request('liveEncode', input),
    'live.ablate': async ({ catalog, source, index, context, model, dictionary }) => {
      const stored = await (await catalogs.get(catalog)).ask('live.context', { source, context });
      const { hook, isolate } = wantedBy(stored.source);
      return engine.request('liveAblate', {
        model, dictionary: { path: dictionary, hook }, feature: index, tokens: vector(stored.tokens), documents: isolate ? vector(stored.documents) : null,
      });
    },
    'live.steer': (input) => engine.request('liveSteer', input),
    'live.steerNext': (input) => engine.request('liveSteerNext', input),
    'live.steerEnd': (input) => engine.request('liveSteerEnd', input),
    'live.write': (input) => engine.request('liveWrite', input),
    'live.writeNext': (input) => engine.request('liveWriteNext', input),
    'live.writeEnd': (input) => engine.request('liveWriteEnd', input),
    'live.strength': (input) => engine.request('liveStrength', input),
    'live.names': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('live.names', input),
    'live.status': () => engine.request('liveStatus', {}),
    'live.release': () => engine.request('liveRelease', {}),
  };
}
