/** What the handlers share. */
import type { CommandInput, CommandOutput } from '../shared/contract.ts';
import type { BackendStatus, MenuItem, SystemInfo } from '../shared/schema/workspace.ts';
import type { CatalogShelf } from './catalogs.ts';
import type { EngineSupervisor } from './engine/supervisor.ts';
import type { EventHub } from './events.ts';
import type { JobQueue } from './jobs/queue.ts';

/** How a workspace is exchanged for another; given by the process that owns it (owner.ts). */
export type SwitchWorkspace = (input: CommandInput<'workspace.switch'>) => Promise<CommandOutput<'workspace.switch'>>;

export interface ServiceContext {
  readonly workspace: string;
  readonly host: SystemInfo['host'];
  readonly engine: EngineSupervisor;
  readonly jobs: JobQueue;
  readonly catalogs: CatalogShelf;
  readonly hub: EventHub;
  /** What the engine last said about its backend. */
  readonly backend: () => BackendStatus;
  /** Puts actions of the studio into the window's menus; undefined where there is no window. */
  readonly onMenu: ((items: readonly MenuItem[]) => void) | undefined;
  /** Null where the host serves one workspace only. */
  readonly switchWorkspace: SwitchWorkspace | null;
}
