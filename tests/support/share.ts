/** Exports for tests, in this very thread. */
import { performExport } from '../../src/main/share/export/perform.ts';
import type { Watch } from '../../src/main/share/export/watch.ts';
import { exportConfigSchema } from '../../src/shared/schema/export.ts';

export const quiet: Watch = { step: () => {} };

/** Runs an export; `options` are fields of its config. */
export function exportTo(catalog: string, format: string, out: string, options: Record<string, unknown> = {}, watch: Watch = quiet): Record<string, unknown> {
  return performExport(exportConfigSchema.parse({ catalog, format, out, ...options }), watch);
}
