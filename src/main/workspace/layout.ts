/** The folders of a workspace. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { placeError } from '../../engine/files/place-errors.ts';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import type { ItemKind } from '../../shared/schema/workspace.ts';

export const kindFolders: Readonly<Record<ItemKind, string>> = {
  model: 'models', corpus: 'corpora', store: 'activations', dictionary: 'dictionaries', catalog: 'catalogs',
};

export const runsFolder = (workspace: string): string => join(workspace, 'runs');
export const trashFolder = (workspace: string): string => join(workspace, '.trash');
export const kindFolder = (workspace: string, kind: ItemKind): string => join(workspace, kindFolders[kind]);

/** Makes the workspace and its folders where they are missing. Kinds read-only, no-space, not-found, with the folder and the cure. */
export function createWorkspace(workspace: string): void {
  try {
    // The trash too: on a full disk there may be no room to make it when it is needed.
    for (const folder of [...Object.values(kindFolders), 'runs', '.trash']) mkdirSync(join(workspace, folder), { recursive: true });
  } catch (error) {
    const { kind } = toErrorBody(placeError(error, workspace));
    const { message } = toErrorBody(error);
    throw new LoupeError(kind, `--workspace: "${workspace}" cannot be a workspace (${message}): choose a folder that you may write, by --workspace or LOUPE_WORKSPACE`);
  }
}
