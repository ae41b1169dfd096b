import { LoupeError } from '../../shared/errors.ts';
import type { DiskItem } from '../../shared/schema/disk.ts';
import type { ServiceContext } from '../context.ts';
import { clearCache } from '../workspace/caches.ts';
import { diskUse, recyclable, recycle, usedPaths } from '../workspace/disk.ts';
import { deleteEntries, listTrash, restoreEntry } from '../workspace/trash.ts';
import type { HandlersOf } from './types.ts';

export function diskHandlers({ workspace, jobs, catalogs, hub }: ServiceContext): HandlersOf<'disk'> {
  /** What is open or listed elsewhere in the program is let go before its files move. */
  const release = async (item: DiskItem): Promise<void> => {
    if (item.kind === 'catalog') await catalogs.close(item.path);
    if (item.kind === 'run') jobs.forget(item.id);
  };
  return {
    'disk.use': () => diskUse(workspace, jobs.list()),
    'disk.recycle': async ({ items }) => {
      // All are checked before the first moves: a refusal has changed nothing.
      const chosen = await recyclable(workspace, jobs.list(), items);
      const ids: string[] = [];
      try {
        for (const item of chosen) {
          await release(item);
          ids.push(recycle(workspace, item));
        }
      } finally {
        hub.emit('workspace.changed', {});
      }
      return { ids, bytes: chosen.reduce((sum, item) => sum + item.bytes, 0) };
    },
    'disk.clearCache': async ({ name }) => ({ bytes: await clearCache(name, await usedPaths(workspace, jobs.list())) }),
    'disk.trash': async () => ({ entries: await listTrash(workspace) }),
    'disk.restore': async ({ ids }) => {
      const names = ids.map((id) => {
        const restored = restoreEntry(workspace, id);
        if (restored.kind === 'run') jobs.adopt(restored.name);
        return restored.name;
      });
      hub.emit('workspace.changed', {});
      return { names };
    },
    'disk.empty': async ({ ids }) => {
      if (ids.length === 0) throw new LoupeError('bad-request', 'ids: name what is to be deleted for good');
      const bytes = await deleteEntries(workspace, ids);
      hub.emit('workspace.changed', {});
      return { bytes };
    },
  };
}
