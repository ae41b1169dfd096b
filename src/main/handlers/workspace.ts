import type { ServiceContext } from '../context.ts';
import { addItem, removeItem } from '../workspace/edit.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import type { HandlersOf } from './types.ts';

export function workspaceHandlers({ workspace, catalogs, hub }: ServiceContext): HandlersOf<'workspace'> {
  return {
    'workspace.list': () => scanWorkspace(workspace),
    'workspace.add': async ({ kind, path }) => {
      const item = await addItem(workspace, kind, path);
      hub.emit('workspace.changed', {});
      return item;
    },
    'workspace.remove': async ({ kind, id }) => {
      const item = (await scanWorkspace(workspace)).items.find((i) => i.kind === kind && i.id === id);
      if (kind === 'catalog' && item !== undefined) await catalogs.close(item.path);
      await removeItem(workspace, kind, id);
      hub.emit('workspace.changed', {});
      return {};
    },
  };
}
