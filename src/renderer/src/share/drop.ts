/** Catalogs that are dropped on the window. */
import type { LoupeBridge } from '../client-electron.ts';

/** The path of a dropped catalog; `hidden` where the host does not tell paths (a browser); null when no catalog was dropped. */
export function droppedCatalog(files: readonly File[], bridge: Pick<LoupeBridge, 'pathOf'> | undefined = (globalThis as { loupe?: LoupeBridge }).loupe): string | 'hidden' | null {
  const file = files.find(({ name }) => name.toLowerCase().endsWith('.loupe'));
  if (file === undefined) return null;
  return bridge?.pathOf?.(file) ?? 'hidden';
}
