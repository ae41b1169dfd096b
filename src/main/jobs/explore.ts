/** The jobs that make a catalog explorable: embedding its texts, and mapping its features. Windows are told when they are done. */
import { parseConfig } from '../../engine/config-issues.ts';
import type { JobContext } from '../../engine/job.ts';
import { embedConfigSchema, mapJobConfigSchema } from '../explore/config.ts';
import type { EmbedConfig, MapJobConfig } from '../explore/config.ts';
import { embedCatalog } from '../explore/embed.ts';
import type { EncodeTexts } from '../explore/embed.ts';
import { chosenEncoder, installEncoder, requireEncoder } from '../explore/encoder.ts';
import { mapCatalog } from '../explore/map.ts';
import type { MapRunner } from '../explore/map.ts';
import type { JobParts } from './kinds.ts';

type Config = Readonly<Record<string, unknown>>;

/** Embeds what wants it of a source; fetches the encoder first where the config allows it and there is none. */
export async function embedJob({ engine, workspace, catalogs, hub }: JobParts, given: Config, context: JobContext): Promise<Record<string, unknown>> {
  const { catalog, source, encoder, install } = parseConfig(embedConfigSchema, given) as EmbedConfig;
  const fetch = install && encoder === '' && chosenEncoder(workspace) === null;
  const folder = fetch ? await installEncoder(context.signal, context.log) : requireEncoder(workspace, encoder);
  const encode: EncodeTexts = (path, texts) => engine.request('encodeTexts', { folder: path, texts: [...texts] });
  const result = await embedCatalog(await catalogs.get(catalog), source, folder, encode, context);
  hub.emit('catalog.changed', { catalog, source, index: null });
  return result;
}

/** Maps a source by `run`, the engine's part. */
export async function mapJob({ workspace, catalogs, hub }: JobParts, given: Config, context: JobContext, run: MapRunner): Promise<Record<string, unknown>> {
  const { catalog, ...config } = parseConfig(mapJobConfigSchema, given) as MapJobConfig;
  const result = await mapCatalog(await catalogs.get(catalog), config, workspace, run, context);
  hub.emit('catalog.changed', { catalog, source: config.source, index: null });
  return result;
}
