/** Labelling jobs of the studio: only catalogs of the workspace are written; anybody else's is copied first. */
import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { parseConfig } from '../../engine/config-issues.ts';
import { LoupeError } from '../../shared/errors.ts';
import { labelConfigSchema } from '../catalog/label-config.ts';
import { kindFolder } from '../workspace/layout.ts';

/** The config of a run of a labeller, complete; a bare name is a catalog of the workspace. Kinds bad-config, not-found, read-only. */
export function checkedLabelling(workspace: string, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const config = parseConfig(labelConfigSchema, given);
  const folder = kindFolder(workspace, 'catalog');
  const named = String(config['catalog']);
  const path = isAbsolute(named) ? named : join(folder, named.endsWith('.loupe') ? named : `${named}.loupe`);
  if (!existsSync(path)) throw new LoupeError('not-found', `catalog: ${path} does not exist. Choose a catalog of the workspace.`);
  if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) throw new LoupeError('read-only', `catalog: ${path} lies outside the workspace. Copy it to the workspace to label it.`);
  return { ...config, catalog: realpathSync(path) };
}
