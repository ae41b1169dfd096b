import { vector } from '../../shared/schema/tensor.ts';
import { toErrorBody } from '../../shared/errors.ts';
import type { EncoderState, ExploreSearch } from '../../shared/schema/explore.ts';
import { sentenceEncoderComponent } from '../../engine/lm/encoders/find.ts';
import type { CatalogClient } from '../catalog/client.ts';
import type { MeaningHit } from '../catalog/meaning.ts';
import type { ServiceContext } from '../context.ts';
import { chosenEncoder } from '../explore/encoder.ts';
import { mergeHits } from '../explore/search.ts';
import { changeSettings } from '../workspace/settings.ts';
import type { HandlersOf } from './types.ts';

/** What serves now; a folder that cannot be used says why. */
async function encoderState({ workspace, engine }: ServiceContext): Promise<EncoderState> {
  const { name, bytes } = sentenceEncoderComponent();
  const component = { name, bytes };
  const chosen = chosenEncoder(workspace);
  if (chosen === null) return { folder: null, name: null, origin: null, problem: null, component };
  try {
    const described = await engine.request('describeEncoder', { folder: chosen.folder });
    return { ...chosen, name: described.name, problem: null, component };
  } catch (error) {
    return { ...chosen, name: null, problem: toErrorBody(error).message, component };
  }
}

/** The nearest in meaning, or why there are none. */
async function meanings({ workspace, engine }: ServiceContext, catalog: CatalogClient, input: { source: number; text: string; limit: number }): Promise<Pick<ExploreSearch, 'meaning'> & { readonly near: readonly MeaningHit[] }> {
  const known = await catalog.ask('explore.meaningEncoders', { source: input.source });
  if (known.length === 0) return { meaning: 'not-embedded', near: [] };
  const chosen = chosenEncoder(workspace);
  if (chosen === null) return { meaning: 'no-encoder', near: [] };
  const { hash, vectors } = await engine.request('encodeTexts', { folder: chosen.folder, texts: [input.text] });
  if (!known.includes(hash)) return { meaning: 'other-encoder', near: [] };
  return { meaning: 'searched', near: await catalog.ask('explore.nearestMeanings', { source: input.source, limit: input.limit, encoder: hash, query: vectors.data as Float32Array }) };
}

/** Search by meaning, the map and what colours its points. Jobs `embed` and `map` make what these show. */
export function exploreHandlers(context: ServiceContext): HandlersOf<'explore'> {
  const { catalogs, engine, workspace, hub } = context;
  return {
    'explore.state': async ({ catalog, source }) => {
      const client = await catalogs.get(catalog);
      const [encoder, states, map] = await Promise.all([encoderState(context), client.ask('explore.meaningStates', { source }), client.ask('explore.hasMap', { source, kind: 'umap' })]);
      return { encoder, meanings: states, mapped: map };
    },
    'explore.useEncoder': async ({ folder }) => {
      const path = folder === null ? null : (await engine.request('describeEncoder', { folder })).path;
      changeSettings(workspace, { encoder: path });
      hub.emit('workspace.changed', {});
      return encoderState(context);
    },
    'explore.search': async ({ catalog, source, text, limit }) => {
      const client = await catalogs.get(catalog);
      const [words, { meaning, near }] = await Promise.all([client.search({ source, text, in: 'labels', limit }), meanings(context, client, { source, text, limit })]);
      return { hits: mergeHits(words.hits, near, limit), meaning };
    },
    'explore.map': async ({ catalog, source }) => {
      const map = await (await catalogs.get(catalog)).ask('explore.map', { source, kind: 'umap' });
      return { map: map === null ? null : { points: vector(map.points, [map.points.length / 2, 2]), options: map.options, createdAt: map.createdAt } };
    },
    'explore.classes': async ({ catalog, source, by }) => {
      const { names, classes } = await (await catalogs.get(catalog)).ask('explore.classes', { source, by });
      return { names: [...names], classes: vector(classes) };
    },
  };
}
