import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

/** Labels, lists and comments. Each command goes to a method of its own name in the catalog's threads; a change is told to every window. */
export function labelsHandlers({ catalogs, hub }: ServiceContext): HandlersOf<'labels'> & HandlersOf<'lists'> & HandlersOf<'comments'> {
  const changed = (catalog: string, source: number | null, index: number | null): void => hub.emit('catalog.changed', { catalog, source, index });
  /** Does `work`, then tells that the feature of `input` changed. */
  const telling = async <T>(input: { readonly catalog: string; readonly source: number; readonly index: number }, work: Promise<T>): Promise<T> => {
    const result = await work;
    changed(input.catalog, input.source, input.index);
    return result;
  };
  /** Does `work` on a list, then tells that something of the catalog changed. */
  const onList = async <T>(catalog: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    changed(catalog, null, null);
    return result;
  };
  return {
    'labels.queue': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.queue', input),
    'labels.progress': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.progress', input),
    'labels.disagreements': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.disagreements', input),
    'labels.agreement': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.agreement', input),
    'labels.of': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.of', input),
    'labels.families': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('labels.families', input),
    'labels.undo': async ({ catalog, ...input }) => telling({ catalog, ...input }, (await catalogs.get(catalog)).change('labels.undo', input)),
    'labels.redo': async ({ catalog, ...input }) => telling({ catalog, ...input }, (await catalogs.get(catalog)).change('labels.redo', input)),
    'labels.review': async ({ catalog, ...input }) => telling({ catalog, ...input }, (await catalogs.get(catalog)).change('labels.review', input)),
    'lists.all': async ({ catalog }) => (await catalogs.get(catalog)).ask('lists.all', {}),
    'lists.items': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('lists.items', input),
    'lists.of': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('lists.of', input),
    'lists.create': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.create', input)),
    'lists.rename': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.rename', input)),
    'lists.delete': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.delete', input)),
    'lists.restore': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.restore', input)),
    'lists.add': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.add', input)),
    'lists.remove': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.remove', input)),
    'lists.change': async ({ catalog, ...input }) => onList(catalog, (await catalogs.get(catalog)).change('lists.change', input)),
    'comments.of': async ({ catalog, ...input }) => (await catalogs.get(catalog)).ask('comments.of', input),
    'comments.add': async ({ catalog, ...input }) => telling({ catalog, ...input }, (await catalogs.get(catalog)).change('comments.add', input)),
    'comments.delete': async ({ catalog, ...input }) => {
      const done = await (await catalogs.get(catalog)).change('comments.delete', input);
      changed(catalog, done.source, done.index);
      return done;
    },
    'comments.restore': async ({ catalog, ...input }) => {
      const done = await (await catalogs.get(catalog)).change('comments.restore', input);
      changed(catalog, done.source, done.index);
      return done;
    },
  };
}
