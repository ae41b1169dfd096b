/** Which files of a folder are which: Neuronpedia's tree, one level of it, or loose files. Each folder of a source is one feature space. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import { parseRow } from './fields.ts';
import { readLines } from './lines.ts';

export const rowKinds = ['features', 'activations', 'explanations'] as const;
export type RowKind = (typeof rowKinds)[number];

export interface SourceFiles extends Readonly<Record<RowKind, readonly string[]>> {
  /** The folder of the source, or of the loose files. */
  readonly folder: string;
}

const deepest = 6;
const mostFiles = 100_000;

function filesBelow(path: string, depth: number, found: string[]): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new LoupeError('not-found', `${path} does not exist. Check the path.`);
  if (stat.isFile()) {
    found.push(path);
    if (found.length > mostFiles) throw new LoupeError('bad-file', `more than ${mostFiles} files lie below what was named. Name the folder of one model.`);
  } else if (stat.isDirectory() && depth < deepest) {
    for (const name of readdirSync(path).sort(byNumber)) if (!name.startsWith('.')) filesBelow(join(path, name), depth + 1, found);
  }
}

/** batch-2 before batch-10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** By the folder, or by what its first row holds. */
async function kindOf(path: string): Promise<RowKind | null> {
  const folder = basename(dirname(path));
  if ((rowKinds as readonly string[]).includes(folder)) return folder as RowKind;
  for await (const { text } of readLines(path)) {
    try {
      const row = parseRow(text);
      if (Object.hasOwn(row, 'tokens') && Object.hasOwn(row, 'values')) return 'activations';
      if (Object.hasOwn(row, 'description') && Object.hasOwn(row, 'index')) return 'explanations';
      return Object.hasOwn(row, 'frac_nonzero') || Object.hasOwn(row, 'maxActApprox') ? 'features' : null;
    } catch {
      return null;
    }
  }
  return null;
}

/** The sources in `paths`, by their folders. Kinds not-found; bad-file when no file holds rows of an export. */
export async function findSources(paths: readonly string[]): Promise<SourceFiles[]> {
  const found: string[] = [];
  for (const path of paths) filesBelow(resolve(path), 0, found);
  const sources = new Map<string, Record<RowKind, string[]>>();
  for (const path of found.filter((name) => /\.jsonl(?:\.gz)?$/.test(name) && !/^(?:release|model|sourceset|source|loupe)\.jsonl/.test(basename(name)))) {
    const kind = await kindOf(path);
    if (kind === null) continue;
    const parent = dirname(path);
    const folder = (rowKinds as readonly string[]).includes(basename(parent)) ? dirname(parent) : parent;
    const source = sources.get(folder) ?? { features: [], activations: [], explanations: [] };
    sources.set(folder, source);
    source[kind].push(path);
  }
  const usable = [...sources].filter(([, source]) => source.features.length + source.activations.length > 0);
  if (usable.length === 0) throw new LoupeError('bad-file', `${paths.join(', ')}: no features and no activations of a Neuronpedia export lie there. Name the folder that holds features/ and activations/.`);
  return usable.map(([folder, source]) => ({ folder, ...source }));
}
