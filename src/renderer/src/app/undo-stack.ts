/** What was done, in order, so that it can be undone and redone step by step. Pure. */

export interface Step {
  /** "Label of feature 12". */
  readonly what: string;
  /** The feature that it was about, where there is one: it is shown again. */
  readonly feature: number | null;
  /** Both resolve to whether it worked; a step that did not is forgotten. */
  readonly undo: () => Promise<boolean>;
  readonly redo: () => Promise<boolean>;
}

/** Steps kept; the oldest go first. */
const most = 1000;

export class UndoStack {
  #done: Step[] = [];
  #undone: Step[] = [];
  #running: Promise<unknown> = Promise.resolve();

  /** The step that undo, or redo, would take next. */
  get undoable(): Step | null {
    return this.#done.at(-1) ?? null;
  }

  get redoable(): Step | null {
    return this.#undone.at(-1) ?? null;
  }

  /** Remembers what was just done; what had been undone can no longer be redone. */
  push(step: Step): void {
    this.#done = [...this.#done.slice(1 - most), step];
    this.#undone = [];
  }

  /** Forgets everything: another catalog is open. */
  clear(): void {
    this.#done = [];
    this.#undone = [];
  }

  /** Takes the last step back and returns it; null when there is none or it could not be. Calls wait for each other. */
  undo(): Promise<Step | null> {
    return this.#next(() => this.#move(this.#done, this.#undone, 'undo'));
  }

  redo(): Promise<Step | null> {
    return this.#next(() => this.#move(this.#undone, this.#done, 'redo'));
  }

  async #move(from: Step[], to: Step[], way: 'undo' | 'redo'): Promise<Step | null> {
    const step = from.pop();
    if (step === undefined || !(await step[way]())) return null;
    to.push(step);
    return step;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#running.then(work, work);
    this.#running = run.catch(() => undefined);
    return run;
  }
}
