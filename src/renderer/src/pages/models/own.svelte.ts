/** A model with a kind of layer of Loupe's own: what it is, and the training that made it. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { LmFacts, LmRun } from '../../../../shared/schema/lm.ts';
import { session } from '../../app/session.svelte.ts';
import { curves } from '../../charts/history.ts';
import type { Curves } from '../../lm/charts.ts';

/** ms between two readings of what a running model has logged. */
const readEvery = 2000;

export class OwnModelState {
  facts = $state.raw<LmFacts | null>(null);
  run = $state.raw<LmRun | null>(null);
  curves = $state.raw<Curves>(new Map());
  error = $state.raw<ErrorBody | null>(null);
  /** Both answers are there. */
  known = $state(false);
  #wanted: string | null = null;

  /** Follows the training while it goes on, until the undo is called. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const undo = session.client.on('job.metrics', ({ id }) => {
      if (id !== this.run?.job) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        if (this.#wanted !== null) void this.#read(this.#wanted);
      }, readEvery);
    });
    return () => {
      clearTimeout(timer);
      undo();
    };
  }

  /** An answer that comes after another model was asked for is dropped. A model of others has neither facts nor a run. */
  async load(path: string): Promise<void> {
    if (path !== this.#wanted) [this.facts, this.run, this.curves, this.error, this.known] = [null, null, new Map(), null, false];
    this.#wanted = path;
    await this.#read(path);
  }

  async #read(path: string): Promise<void> {
    // A model that cannot be opened has no facts; that it cannot is said where its header is read.
    const facts = session.invoke('lm.facts', { path }).then((answer) => answer.facts, () => null);
    try {
      const { run } = await session.invoke('lm.run', { path });
      const history: Curves = run === null ? new Map() : curves(await session.invoke('lm.history', { path }));
      const found = await facts;
      if (this.#wanted === path) [this.facts, this.run, this.curves, this.known] = [found, run, history, true];
    } catch (thrown) {
      if (this.#wanted === path) [this.error, this.known] = [toErrorBody(thrown), true];
    }
  }
}
