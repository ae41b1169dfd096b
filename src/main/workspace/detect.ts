/** What a path is, told from names alone: no file is opened. */
import { access, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ItemKind } from '../../shared/schema/workspace.ts';

const kindByExtension: Readonly<Record<string, ItemKind>> = {
  '.gguf': 'model', '.loupe': 'catalog', '.txt': 'corpus', '.md': 'corpus', '.jsonl': 'corpus', '.ndjson': 'corpus', '.parquet': 'corpus',
};

/** A folder is what its telling file says it is (a model that is still being trained has its run's config alone); dictionaries of any format are looked for before `config.json`, which many programs write. */
const kindByMember: readonly (readonly [string, ItemKind])[] = [['manifest.json', 'store'], ['cfg.json', 'dictionary'], ['ae.pt', 'dictionary'], ['params.npz', 'dictionary'], ['config.json', 'model'], ['lm-train.json', 'model']];

export function fileKind(name: string): ItemKind | null {
  return kindByExtension[extname(name).toLowerCase()] ?? null;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

/** The kind of a folder by its telling file; null for any other folder. */
export async function folderKind(path: string): Promise<ItemKind | null> {
  for (const [member, kind] of kindByMember) if (await exists(join(path, member))) return kind;
  return null;
}

export async function detectKind(path: string): Promise<ItemKind | null> {
  return (await stat(path)).isDirectory() ? folderKind(path) : fileKind(path);
}
