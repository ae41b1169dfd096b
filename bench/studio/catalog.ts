/** The generated catalog of the bench, made once for its options and the schema of this version, and kept in the cache folder. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheRoot } from '../../src/engine/backend/installed.ts';
import { generateCatalog } from '../generate-catalog.ts';

/** Contexts for `features`: about one for every three features, as 24,576 features of a run over 1 M tokens have. */
export function benchOptions(features: number): { features: number; contexts: number; vocabulary: number; seed: number } {
  return { features, contexts: Math.max(400, Math.round(features * 0.375)), vocabulary: 30_000, seed: 0 };
}

function digest(options: unknown): string {
  const root = resolve(import.meta.dirname, '../..');
  const migrations = join(root, 'src/main/catalog/migrations');
  const hash = createHash('sha256').update(JSON.stringify(options));
  for (const file of [...readdirSync(migrations).sort().map((name) => join(migrations, name)), join(root, 'bench/generate-catalog.ts'), join(root, 'src/main/catalog/columns/packed.ts')]) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** Where the catalog for `features` lies in the cache. */
export function cachedCatalogPath(features: number): string {
  return join(cacheRoot(), 'bench', `studio-${features}-${digest(benchOptions(features))}.loupe`);
}

/** The path of the catalog, which is made when it is not there. */
export function cachedCatalog(features: number, log: (line: string) => void): string {
  const path = cachedCatalogPath(features);
  if (existsSync(path)) return path;
  mkdirSync(join(cacheRoot(), 'bench'), { recursive: true });
  log(`Generating a catalog of ${features} features at ${path}; this takes some minutes for 131,072, once.`);
  const aside = `${path}.${process.pid}`;
  generateCatalog(aside, benchOptions(features));
  renameSync(aside, path);
  return path;
}
