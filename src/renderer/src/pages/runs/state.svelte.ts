/** One run: its metrics as they grow, and its log. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { JobForm } from '../../../../shared/schema/job.ts';
import { session } from '../../app/session.svelte.ts';
import { curves } from '../../charts/history.ts';

export type Points = readonly (readonly [number, number | null])[];

const redrawEvery = 500;

export class RunState {
  /** By metric; replaced as a whole when rows came, at most twice a second. */
  curves = $state.raw<ReadonlyMap<string, Points>>(new Map());
  log = $state.raw<readonly string[]>([]);
  error = $state.raw<ErrorBody | null>(null);
  readonly #data = new Map<string, [number, number | null][]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #logTimer: ReturnType<typeof setInterval> | undefined;

  /** Follows a run; returns the undo. */
  follow(id: string): () => void {
    let live = true;
    const undo = session.client.on('job.metrics', (row) => {
      if (row.id === id) this.#append(row.step, row.metrics);
    });
    void this.#load(id, () => live);
    this.#logTimer = setInterval(() => {
      if (session.job(id)?.state === 'running') void this.#readLog(id, () => live);
    }, 2000);
    return () => {
      live = false;
      undo();
      clearTimeout(this.#timer);
      clearInterval(this.#logTimer);
      this.#data.clear();
      this.curves = new Map();
      this.log = [];
      this.error = null;
    };
  }

  async #load(id: string, live: () => boolean): Promise<void> {
    try {
      const history = await session.invoke('jobs.metrics', { id });
      if (!live()) return;
      this.#merge(curves(history));
      await this.#readLog(id, live);
    } catch (thrown) {
      if (live()) this.error = toErrorBody(thrown);
    }
  }

  async #readLog(id: string, live: () => boolean): Promise<void> {
    const log = await session.attempt('jobs.log', { id, tail: 200 });
    if (live() && log !== undefined) this.log = log.lines;
  }

  /** Rows that came by event while the history was on its way stay, after it. */
  #merge(history: Map<string, [number, number | null][]>): void {
    for (const [name, points] of history) {
      const last = points.at(-1)?.[0] ?? -Infinity;
      this.#data.set(name, [...points, ...(this.#data.get(name) ?? []).filter(([step]) => step > last)]);
    }
    this.#redraw();
  }

  #append(step: number, metrics: Readonly<Record<string, number | null>>): void {
    for (const [name, value] of Object.entries(metrics)) {
      const points = this.#data.get(name) ?? [];
      // A resumed run repeats the steps after its checkpoint: the newer value counts.
      while (points.length > 0 && points.at(-1)![0] >= step) points.pop();
      points.push([step, value]);
      this.#data.set(name, points);
    }
    this.#timer ??= setTimeout(() => this.#redraw(), redrawEvery);
  }

  #redraw(): void {
    this.#timer = undefined;
    this.curves = new Map([...this.#data].map(([name, points]) => [name, [...points]]));
  }
}

export class FormsState {
  forms = $state.raw<readonly JobForm[] | null>(null);
  error = $state.raw<ErrorBody | null>(null);

  async load(): Promise<void> {
    try {
      this.forms = (await session.invoke('jobs.forms', {})).forms;
      this.error = null;
    } catch (thrown) {
      this.error = toErrorBody(thrown);
    }
  }
}
