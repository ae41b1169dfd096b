/** Where a job of the studio writes: by name in the workspace's own folder for that kind, or anywhere by a whole path. */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { ItemKind } from '../../shared/schema/workspace.ts';
import type { JobKind } from '../../shared/schema/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import { kindFolder } from '../workspace/layout.ts';

type Config = Readonly<Record<string, unknown>>;

/** What each kind of job makes, and the words of its config from which a name is made. */
const outputs: Readonly<Partial<Record<JobKind, { readonly kind: ItemKind; readonly extension: string; readonly from: readonly string[] }>>> = {
  harvest: { kind: 'store', extension: '', from: ['model', 'hooks', 'corpus'] },
  train: { kind: 'dictionary', extension: '', from: ['activations', 'variant', 'dSae'] },
  'lm-train': { kind: 'model', extension: '', from: ['arch', 'data'] },
  sweep: { kind: 'dictionary', extension: '', from: [] },
  import: { kind: 'catalog', extension: '.loupe', from: ['paths'] },
  'catalog-build': { kind: 'catalog', extension: '.loupe', from: ['dictionary'] },
};

/** What of a value can stand in a file's name: the last part of a path, without its extension. */
function word(value: unknown): string {
  const text = Array.isArray(value) ? String(value[0]) : value === undefined || value === null ? '' : String(value);
  return basename(text).replace(/\.(gguf|loupe|jsonl?|txt|parquet)$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100).replace(/^[-._]+|[-._]+$/g, '');
}

function freeName(folder: string, name: string, extension: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${name}${n === 1 ? '' : `-${n}`}${extension}`);
    if (!existsSync(path) && !taken.has(path)) return path;
  }
}

/**
 * `config` with its `out` as a whole path: a bare name lies in the workspace's folder, an empty one is made out of the config.
 * `taken`: what runs that wait will write. Kind bad-config for a relative path that leaves that folder.
 */
export function withOutput(workspace: string, kind: JobKind, config: Config, taken: ReadonlySet<string> = new Set()): Record<string, unknown> {
  const output = outputs[kind];
  if (output === undefined) return { ...config };
  const folder = kindFolder(workspace, output.kind);
  const given = typeof config['out'] === 'string' ? config['out'].trim() : '';
  if (isAbsolute(given)) return { ...config, out: given };
  if (given === '') {
    const name = output.from.map((field) => word(config[field])).filter((part) => part !== '').join('_') || kind;
    return { ...config, out: freeName(folder, name, output.extension, taken) };
  }
  if (given !== basename(given) || given.startsWith('.')) {
    throw new LoupeError('bad-config', `out: "${given}" is neither a name nor a whole path: give one of both`);
  }
  return { ...config, out: join(folder, given.endsWith(output.extension) ? given : given + output.extension) };
}

/** A form in which `out` may be left empty. */
export function withOptionalOutput(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = schema['properties'] as Record<string, Record<string, unknown>> | undefined;
  if (properties?.['out'] === undefined) return { ...schema };
  const required = ((schema['required'] as string[] | undefined) ?? []).filter((name) => name !== 'out');
  const { minLength: _, ...out } = properties['out'];
  return { ...schema, required, properties: { ...properties, out: { ...out, default: '', description: `${String(out['description'] ?? 'Where it is written')}. A name in the workspace, or a whole path; empty: named after what it is made of` } } };
}
