/** Every action the keyboard and the palette can reach. Pages add theirs while they are shown. */
import { advance, strokeName } from './keys.ts';

/** The menus that take actions of ours (main/menu.ts). */
export type MenuName = 'file' | 'view' | 'go' | 'help';

export interface Action {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** Bindings such as "J", "G W", "Mod+K"; the first is the one that is shown. */
  readonly keys: readonly string[];
  readonly run: () => void;
  /** Left out of the palette: movement keys, which only make sense on the page. */
  readonly quiet?: boolean;
  /** Under which menu of the window it stands, where the studio has a window of its own. */
  readonly menu?: MenuName;
}

const sequenceTimeout = 1500;
const fieldKeys: ReadonlySet<string> = new Set(['Mod+Z', 'Mod+Shift+Z', 'Mod+Y', 'Mod+A']);

class Actions {
  /** Plain, because an effect's teardown would read a signal as it was before the change that tears it down. */
  readonly #sets: (readonly Action[])[] = [];
  #changed = $state.raw({});
  /** Later sets win: a page's own keys come before the frame's. */
  readonly all = $derived.by(() => (this.#changed, [...this.#sets].reverse().flat()));
  /** While a dialog is open, only its own keys count. */
  blocked = 0;
  #pending = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Adds actions; returns the undo. Made for `$effect(() => actions.add([...]))`: it reads nothing that is tracked. */
  add(actions: readonly Action[]): () => void {
    this.#sets.push(actions);
    this.#changed = {};
    return () => {
      this.#sets.splice(this.#sets.indexOf(actions), 1);
      this.#changed = {};
    };
  }

  find(id: string): Action | undefined {
    return this.all.find((action) => action.id === id);
  }

  /** Runs an action as soon as its page has added it; gives up after five seconds. */
  async runWhenThere(id: string): Promise<void> {
    for (let waited = 0; waited < 5000; waited += 50) {
      const action = this.find(id);
      if (action !== undefined) return action.run();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs what the stroke is bound to; true when it was used. */
  handle(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || this.blocked > 0) return false;
    const name = strokeName(event);
    // A field has its own undo, and its own idea of all.
    if (isTyping(event.target) && (!name.startsWith('Mod+') || fieldKeys.has(name))) return false;
    if (/^(Enter| )$/.test(event.key) && isControl(event.target)) return false;
    clearTimeout(this.#timer);
    const result = advance(this.all, this.#pending, name);
    this.#pending = result.pending;
    if (result.pending !== '') this.#timer = setTimeout(() => { this.#pending = ''; }, sequenceTimeout);
    if (result.matched === undefined) return result.pending !== '';
    result.matched.run();
    return true;
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary, [role="button"], [role="option"], [role="menuitem"], input') !== null;
}

export const actions = new Actions();
export const onMac = /Mac|iPhone|iPad/.test(navigator.platform);
