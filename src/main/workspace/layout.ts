/** The folders of a workspace. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ItemKind } from '../../shared/schema/workspace.ts';

export const kindFolders: Readonly<Record<ItemKind, string>> = {
  model: 'models', corpus: 'corpora', store: 'activations', dictionary: 'dictionaries', catalog: 'catalogs',
};

export const runsFolder = (workspace: string): string => join(workspace, 'runs');
export const trashFolder = (workspace: string): string => join(workspace, '.trash');
export const kindFolder = (workspace: string, kind: ItemKind): string => join(workspace, kindFolders[kind]);

/** Makes the workspace and its folders where they are missing. Throws the system's error, which names the path. */
export function createWorkspace(workspace: string): void {
  for (const folder of [...Object.values(kindFolders), 'runs']) mkdirSync(join(workspace, folder), { recursive: true });
}
