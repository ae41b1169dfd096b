/** The trained models of the workspace, and the histories of those that are compared. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { LmRun } from '../../../../shared/schema/lm.ts';
import { session } from '../../app/session.svelte.ts';
import { curves } from '../../charts/history.ts';
import type { Curves } from '../../lm/charts.ts';

/** ms between two readings of what a running model has logged. */
const readEvery = 2000;

export class CompareState {
  runs = $state.raw<readonly LmRun[] | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** By path. */
  histories = $state.raw<ReadonlyMap<string, Curves>>(new Map());
  historyError = $state.raw<ErrorBody | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: readonly string[] = [];

  async load(): Promise<void> {
    try {
      this.runs = (await session.invoke('lm.runs', {})).runs;
      this.error = null;
    } catch (thrown) {
      this.error = toErrorBody(thrown);
    }
  }

  /** Reads the histories that are not there yet. */
  want(paths: readonly string[]): void {
    this.#wanted = paths;
    this.historyError = null;
    for (const path of paths) if (!this.histories.has(path)) void this.#read(path);
  }

  /** Follows runs as they go: the list when one changes its state, the history of those that are wanted as it grows. Returns the undo. */
  follow(): () => void {
    const undo = [
      session.client.on('job.changed', (job) => {
        if (job.kind === 'lm-train') void this.load();
      }),
      session.client.on('job.metrics', ({ id }) => {
        const path = this.runs?.find((run) => run.job === id)?.path;
        if (path === undefined || !this.#wanted.includes(path)) return;
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          void this.#read(path);
          void this.load();
        }, readEvery);
      }),
    ];
    return () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      for (const each of undo) each();
    };
  }

  async #read(path: string): Promise<void> {
    try {
      const history = curves(await session.invoke('lm.history', { path }));
      this.histories = new Map([...this.histories, [path, history]]);
    } catch (thrown) {
      this.historyError = toErrorBody(thrown);
    }
  }
}
