import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

/** Saved views. Each command goes to a method of its own name in the catalog's threads; a change is told to every window. */
export function viewsHandlers({ catalogs, hub }: ServiceContext): HandlersOf<'views'> {
  const telling = async <T>(catalog: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    hub.emit('views.changed', { catalog });
    return result;
  };
  return {
    'views.all': async ({ catalog }) => (await catalogs.get(catalog)).ask('views.all', {}),
    'views.save': async ({ catalog, ...input }) => telling(catalog, (await catalogs.get(catalog)).change('views.save', input)),
    'views.change': async ({ catalog, ...input }) => telling(catalog, (await catalogs.get(catalog)).change('views.change', input)),
    'views.delete': async ({ catalog, ...input }) => telling(catalog, (await catalogs.get(catalog)).change('views.delete', input)),
    'views.restore': async ({ catalog, ...input }) => telling(catalog, (await catalogs.get(catalog)).change('views.restore', input)),
  };
}
