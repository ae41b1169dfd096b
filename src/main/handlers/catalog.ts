import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

/** Each command goes to the client of its catalog, which asks a thread; no SQL runs here. */
export function catalogHandlers({ catalogs, hub }: ServiceContext): HandlersOf<'catalog'> {
  const labelChanged = (catalog: string, source: number, index: number): void => hub.emit('catalog.changed', { catalog, source, index });
  return {
    'catalog.open': ({ path }) => catalogs.info(path),
    'catalog.close': async ({ catalog }) => {
      await catalogs.close(catalog);
      return {};
    },
    'catalog.info': ({ catalog }) => catalogs.info(catalog),
    'catalog.verify': ({ path }) => catalogs.verify(path),
    'catalog.copy': async ({ catalog }) => {
      const info = await catalogs.copy(catalog);
      hub.emit('workspace.changed', {});
      return info;
    },
    'catalog.features': async ({ catalog, ...input }) => (await catalogs.get(catalog)).features(input),
    'catalog.indices': async ({ catalog, ...input }) => (await catalogs.get(catalog)).indices(input),
    'catalog.facets': async ({ catalog, ...input }) => (await catalogs.get(catalog)).facets(input),
    'catalog.columns': async ({ catalog, ...input }) => (await catalogs.get(catalog)).columns(input),
    'catalog.feature': async ({ catalog, ...input }) => (await catalogs.get(catalog)).feature(input),
    'catalog.context': async ({ catalog, ...input }) => (await catalogs.get(catalog)).context(input),
    'catalog.contextBeside': async ({ catalog, ...input }) => (await catalogs.get(catalog)).contextBeside(input),
    'catalog.search': async ({ catalog, ...input }) => (await catalogs.get(catalog)).search(input),
    'catalog.labels': async ({ catalog, ...input }) => (await catalogs.get(catalog)).labels(input),
    'catalog.setLabel': async ({ catalog, ...input }) => {
      const changed = await (await catalogs.get(catalog)).setLabel(input);
      labelChanged(catalog, input.source, input.index);
      return changed;
    },
    'catalog.undoLabel': async ({ catalog, ...input }) => {
      const changed = await (await catalogs.get(catalog)).undoLabel(input);
      labelChanged(catalog, input.source, input.index);
      return changed;
    },
  };
}
