/** Exports of the studio: by a whole path, or in the workspace's folder `exports` under a name that is free. */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { parseConfig } from '../../engine/config-issues.ts';
import { LoupeError } from '../../shared/errors.ts';
import { exportConfigSchema } from '../../shared/schema/export.ts';
import type { ExportConfig } from '../../shared/schema/export.ts';

/** What a name gets when it has no ending of its own; a site, data and tables are folders. */
const endings = { loupe: '.loupe', html: '-site', neuronpedia: '-neuronpedia', csv: '-csv', parquet: '-parquet' } as const;

/** The folder of a workspace's exports. */
export function exportsFolder(workspace: string): string {
  return join(workspace, 'exports');
}

function freePath(folder: string, stem: string, ending: string): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${stem}${n === 1 ? '' : `-${n}`}${ending}`);
    if (!existsSync(path)) return path;
  }
}

/** The config of an export, complete. Kind bad-config names the field that is wrong, conflict says that something is at `out`. */
export function checkedExport(workspace: string, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const config = parseConfig(exportConfigSchema, { ...given, out: typeof given['out'] === 'string' && given['out'].trim() !== '' ? given['out'].trim() : '.' }) as ExportConfig;
  if (!isAbsolute(config.catalog)) throw new LoupeError('bad-config', `catalog: "${config.catalog}" is not the whole path of a file`);
  if (isAbsolute(config.out)) {
    if (existsSync(config.out)) throw new LoupeError('conflict', `out: ${config.out} exists already. Give another name, or remove it.`);
    return config;
  }
  if (config.out !== basename(config.out) || (config.out.startsWith('.') && config.out !== '.')) throw new LoupeError('bad-config', `out: "${config.out}" is neither a name nor a whole path: give one of both`);
  const ending = endings[config.format];
  const named = config.out === '.' ? basename(config.catalog).replace(/\.loupe$/, '') : config.out.replace(/\.loupe$/, '');
  mkdirSync(exportsFolder(workspace), { recursive: true });
  return { ...config, out: freePath(exportsFolder(workspace), named.endsWith(ending) ? named.slice(0, -ending.length) : named, ending) };
}
