/**
 * Where our own entry files and resources lie, in a checkout (TypeScript sources) and in a build (bundles under `out/`).
 *
 * Every bundle is exactly one folder below `out/` (electron.vite.config.ts sees to it), so one relative path fits all.
 */
import { fileURLToPath } from 'node:url';

const entries = {
  engine: ['./process.ts', '../engine/process.js'],
  'catalog-worker': ['../main/catalog/worker.ts', '../catalog/worker.js'],
  'share-worker': ['../main/share/worker.ts', '../share/worker.js'],
  cli: ['../cli/loupe.ts', '../cli/loupe.js'],
  preload: ['../../out/preload/index.cjs', '../preload/index.cjs'],
  renderer: ['../../out/renderer', '../renderer'],
  electron: ['../../out/main/index.js', '../main/index.js'],
  resources: ['../../resources', '../../resources'],
  root: ['../..', '../..'],
} as const;

export type EntryName = keyof typeof entries;

/** True when this code runs from a bundle; false when Node runs the TypeScript sources. */
export function isBundled(from: string = import.meta.url): boolean {
  return !from.endsWith('.ts');
}

/** What Electron itself reads out of a packed app; everything else must lie on disk as files. */
const readByElectron: ReadonlySet<EntryName> = new Set(['preload', 'renderer', 'electron']);

/**
 * The absolute path of an entry. `preload`, `renderer` and `electron` always are build outputs. In a packed app (`app.asar`) what a
 * plain Node runs or reads lies beside it, unpacked (scripts/package/config.mjs).
 */
export function entryPath(name: EntryName, from: string = import.meta.url): string {
  const [source, built] = entries[name];
  const path = fileURLToPath(new URL(isBundled(from) ? built : source, from));
  return readByElectron.has(name) ? path : path.replace(/([\\/]app\.asar)(?=[\\/]|$)/, '$1.unpacked');
}
