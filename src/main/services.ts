/** Everything the studio can ask for, without a transport: both hosts and the tests call these handlers. */
import { entryPath } from '../engine/entry.ts';
import type { Handlers } from '../shared/contract.ts';
import type { BackendStatus, MenuItem, SystemInfo } from '../shared/schema/workspace.ts';
import { CatalogShelf } from './catalogs.ts';
import type { ServiceContext, SwitchWorkspace } from './context.ts';
import { engineNode } from './engine/node.ts';
import { EngineSupervisor } from './engine/supervisor.ts';
import type { EngineState } from './engine/supervisor.ts';
import { eventHub } from './events.ts';
import type { EventHub } from './events.ts';
import { catalogHandlers } from './handlers/catalog.ts';
import { diskHandlers } from './handlers/disk.ts';
import { expertsHandlers } from './handlers/experts.ts';
import { exploreHandlers } from './handlers/explore.ts';
import { filesHandlers } from './handlers/files.ts';
import { jobsHandlers } from './handlers/jobs.ts';
import { labelsHandlers } from './handlers/labels.ts';
import { liveHandlers } from './handlers/live.ts';
import { lmHandlers } from './handlers/lm.ts';
import { modelsHandlers } from './handlers/models.ts';
import { compareHandlers } from './handlers/compare.ts';
import { sparsityHandlers } from './handlers/sparsity.ts';
import { shareHandlers } from './handlers/share.ts';
import { shareExportHandlers } from './handlers/share-export.ts';
import { systemHandlers } from './handlers/system.ts';
import { viewsHandlers } from './handlers/views.ts';
import { workspaceHandlers } from './handlers/workspace.ts';
import { runJob } from './jobs/kinds.ts';
import { JobQueue } from './jobs/queue.ts';
import { createWorkspace, runsFolder } from './workspace/layout.ts';
import { lockWorkspace } from './workspace/lock.ts';

export interface ServiceOptions {
  readonly workspace: string;
  readonly host: SystemInfo['host'];
  /** Goes into the lock file; whoever can read that may ask us. */
  readonly token: string;
  readonly switchWorkspace?: SwitchWorkspace;
  readonly onMenu?: (items: readonly MenuItem[]) => void;
  /** Another engine process, for tests. */
  readonly engineEntry?: string;
}

export interface Services {
  readonly handlers: Handlers;
  readonly hub: EventHub;
  readonly context: ServiceContext;
  /** Says in the lock file on which loopback port we answer. */
  readonly publish: (port: number) => void;
  /** Interrupts what runs, closes the catalogs, ends the engine, frees the workspace. `another`: this process goes on with another one. */
  readonly close: (options?: { readonly another?: boolean }) => Promise<void>;
}

const unknownBackend: BackendStatus = { id: null, detail: 'not loaded yet', threads: null, refused: [] };

interface WatchedEngine {
  readonly engine: EngineSupervisor;
  readonly backend: () => BackendStatus;
}

/** The engine, and what it says about its backend whenever it has come up. */
function watchedEngine(entry: string, hub: EventHub): WatchedEngine {
  let backend = unknownBackend;
  const told = (state: EngineState): void => hub.emit('engine.changed', { engine: state, backend });
  const askBackend = async (): Promise<void> => {
    try {
      backend = await engine.request('backend', {});
    } catch (error) {
      backend = { ...unknownBackend, detail: (error as Error).message };
    }
    told(engine.state);
  };
  const onState = (state: EngineState): void => {
    told(state);
    if (state === 'ready' && backend.id === null) void askBackend();
  };
  const engine = new EngineSupervisor({ ...engineNode(), entry, onState });
  return { engine, backend: () => backend };
}

/** Opens a workspace: makes its folders, takes its lock (kind locked, naming the process, when another has it), starts the engine. */
export function createServices(options: ServiceOptions): Services {
  const { workspace, host } = options;
  createWorkspace(workspace);
  const lock = lockWorkspace(workspace, options.token);
  const hub = eventHub();
  const { engine, backend } = watchedEngine(options.engineEntry ?? entryPath('engine'), hub);
  const catalogs = new CatalogShelf(workspace);
  const jobs = new JobQueue(runsFolder(workspace), (job, folder, sink, signal) => runJob({ engine, workspace, catalogs, hub }, job, folder, sink, signal), {
    changed: (job) => {
      hub.emit('job.changed', job);
      // A model that is trained has its folder from the start.
      if (job.state === 'done' || (job.kind === 'lm-train' && job.state !== 'queued')) hub.emit('workspace.changed', {});
    },
    progress: (id, progress) => hub.emit('job.progress', { id, progress }),
    metrics: (id, step, metrics) => hub.emit('job.metrics', { id, step, metrics: { ...metrics } }),
  });
  const context: ServiceContext = { workspace, host, engine, jobs, catalogs, hub, backend, switchWorkspace: options.switchWorkspace ?? null, onMenu: options.onMenu };
  engine.start().catch((error: Error) => {
    if (engine.state === 'crashed') console.error(error.message);
  });
  return {
    handlers: {
      ...systemHandlers(context), ...filesHandlers(), ...workspaceHandlers(context), ...diskHandlers(context), ...modelsHandlers(context), ...lmHandlers(context), ...expertsHandlers(context),
      ...jobsHandlers(context), ...catalogHandlers(context), ...viewsHandlers(context), ...labelsHandlers(context), ...liveHandlers(context),
      ...exploreHandlers(context), ...shareHandlers(context), ...compareHandlers(context), ...sparsityHandlers(context), ...shareExportHandlers(context),
    },
    hub, context,
    publish: lock.publish,
    close: async ({ another = false } = {}) => {
      await jobs.close();
      await catalogs.closeAll(another);
      await engine.stop();
      lock.release();
    },
  };
}

