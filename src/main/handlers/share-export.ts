import { exportsFolder } from '../jobs/export.ts';
import type { CommandName, Handlers } from '../../shared/contract.ts';
import type { ServiceContext } from '../context.ts';

/** The export itself is a job; what is asked before it is answered by a thread of the catalog. */
export function shareExportHandlers({ workspace, catalogs }: ServiceContext): Pick<Handlers, Extract<CommandName, `share.export${string}`>> {
  return {
    'share.exportEstimate': async ({ catalog, selection, examples }) => ({
      ...(await (await catalogs.get(catalog)).ask('exportEstimate', { selection, examples })), folder: exportsFolder(workspace),
    }),
  };
}
