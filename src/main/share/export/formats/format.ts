/** One kind of export: what a file in this folder gives, and one line in registry.ts. */
import type { ExportConfig, ExportFormatName } from '../../../../shared/schema/export.ts';
import type { ExportReader } from '../reader.ts';
import type { Watch } from '../watch.ts';

export interface ExportWork {
  readonly reader: ExportReader;
  readonly config: ExportConfig;
  readonly watch: Watch;
}

export interface ExportFormat {
  readonly name: ExportFormatName;
  /** Examples a feature when nothing else was asked for; null for all. */
  readonly examples: number | null;
  /** Makes the file or folder `to`, which is not there yet. Gives facts for the report: counts of what was written. */
  readonly write: (work: ExportWork, to: string) => Record<string, unknown>;
}
