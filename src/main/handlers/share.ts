import type { ServiceContext } from '../context.ts';
import { mergeRecordSchema } from '../../shared/schema/share.ts';
import type { MergeRecord } from '../../shared/schema/share.ts';
import type { HandlersOf } from './types.ts';

/** The counts that a merge wrote down; of a file from elsewhere they may be anything. */
function summaryOf(text: string): MergeRecord['summary'] {
  try {
    const parsed = mergeRecordSchema.shape.summary.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** Looking at catalogs from others and merging them in; exports are share-export.ts. */
export function shareHandlers({ catalogs, hub }: ServiceContext): Omit<HandlersOf<'share'>, `share.export${string}`> {
  const changed = (catalog: string): void => hub.emit('catalog.changed', { catalog, source: null, index: null });
  return {
    'share.inspect': ({ path }) => catalogs.inspect(path),
    'share.preview': async ({ catalog, from }) => (await catalogs.get(catalog)).previewMerge(from),
    'share.merge': async ({ catalog, from, ...input }) => {
      const result = await (await catalogs.get(catalog)).merge(from, input);
      if (result.merge !== null) changed(catalog);
      return result;
    },
    'share.merges': async ({ catalog }) => ({
      merges: (await (await catalogs.get(catalog)).merges()).map(({ uid: _uid, catalog: _catalog, summary, ...row }) => ({ ...row, summary: summaryOf(summary) })),
    }),
    'share.undoMerge': async ({ catalog, merge }) => {
      const result = await (await catalogs.get(catalog)).undoMerge(merge);
      changed(catalog);
      return result;
    },
  };
}
