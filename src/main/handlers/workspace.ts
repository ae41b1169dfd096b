import { resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { ServiceContext } from '../context.ts';
import { heldBy } from '../workspace/disk.ts';
import { addItem, removeItem } from '../workspace/edit.ts';
import { recentWorkspaces } from '../workspace/recent.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import type { HandlersOf } from './types.ts';

export function workspaceHandlers({ workspace, catalogs, jobs, hub, switchWorkspace }: ServiceContext): HandlersOf<'workspace'> {
  return {
    'workspace.recent': async () => {
      const here = resolve(workspace);
      return { workspaces: recentWorkspaces().map((entry) => ({ ...entry, current: entry.path === here })) };
    },
    'workspace.switch': async (input) => {
      if (switchWorkspace === null) throw new LoupeError('unsupported', 'this host serves one workspace only');
      return switchWorkspace(input);
    },
    'workspace.list': () => scanWorkspace(workspace),
    'workspace.add': async ({ kind, path }) => {
      const item = await addItem(workspace, kind, path);
      hub.emit('workspace.changed', {});
      return item;
    },
    'workspace.remove': async ({ kind, id }) => {
      const item = (await scanWorkspace(workspace)).items.find((i) => i.kind === kind && i.id === id);
      const holder = item === undefined || item.linked ? null : heldBy(jobs.list(), kind, id, item.path);
      if (holder !== null) throw new LoupeError('conflict', `id: "${item!.name}" is in use: ${holder}. Wait for it, or cancel it first`);
      if (kind === 'catalog' && item !== undefined) await catalogs.close(item.path);
      await removeItem(workspace, kind, id);
      hub.emit('workspace.changed', {});
      return {};
    },
  };
}
