/** Every export format. A new one is a file in this folder, its name in shared/schema/export.ts and one line here. */
import type { ExportFormatName } from '../../../../shared/schema/export.ts';
import { csv } from './csv.ts';
import type { ExportFormat } from './format.ts';
import { html } from './html.ts';
import { loupe } from './loupe.ts';
import { neuronpedia } from './neuronpedia.ts';
import { parquet } from './parquet.ts';

const formats: Readonly<Record<ExportFormatName, ExportFormat>> = { loupe, html, neuronpedia, csv, parquet };

export function formatNamed(name: ExportFormatName): ExportFormat {
  return formats[name];
}
