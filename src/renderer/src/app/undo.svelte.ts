/** Undo and redo of this window: Ctrl/Cmd-Z, over all features and lists in the order in which things were done. */
import { notices } from './notices.svelte.ts';
import { type Step, UndoStack } from './undo-stack.ts';

class Undo {
  readonly #stack = new UndoStack();
  /** The step that was last undone or redone: pages show its feature again. */
  last = $state.raw<{ readonly step: Step } | null>(null);

  /** Remembers what was done, and says so with a way back. */
  did(step: Step, words = ''): void {
    this.#stack.push(step);
    if (words !== '') notices.say(words, { title: 'Undo', run: () => void this.undo() });
  }

  async undo(): Promise<void> {
    if (this.#stack.undoable === null) notices.say('There is nothing to undo in this window.');
    this.#told(await this.#stack.undo(), 'Undone');
  }

  async redo(): Promise<void> {
    if (this.#stack.redoable === null) notices.say('There is nothing to redo.');
    this.#told(await this.#stack.redo(), 'Redone');
  }

  /** Another catalog: its steps mean nothing here. */
  clear(): void {
    this.#stack.clear();
  }

  #told(step: Step | null, word: string): void {
    if (step === null) return;
    this.last = { step };
    notices.say(`${word}: ${step.what}`);
  }
}

export const undo = new Undo();
