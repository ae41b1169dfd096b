/** What the handlers share. */
import type { BackendStatus, SystemInfo } from '../shared/schema/workspace.ts';
import type { CatalogShelf } from './catalogs.ts';
import type { EngineSupervisor } from './engine/supervisor.ts';
import type { EventHub } from './events.ts';
import type { JobQueue } from './jobs/queue.ts';

export interface ServiceContext {
  readonly workspace: string;
  readonly host: SystemInfo['host'];
  readonly engine: EngineSupervisor;
  readonly jobs: JobQueue;
  readonly catalogs: CatalogShelf;
  readonly hub: EventHub;
  /** What the engine last said about its backend. */
  readonly backend: () => BackendStatus;
}
