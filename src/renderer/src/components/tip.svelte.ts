/** One tooltip for the whole window, shown on hover after a moment and on keyboard focus at once. */
import type { Attachment } from 'svelte/attachments';

export interface TipContent {
  readonly text: string;
  readonly keys?: string;
}

/** What each element says. The listeners are the window's (Tip.svelte): a page shows hundreds of hints, and walking on changes most of them. */
const contents = new WeakMap<Element, TipContent>();
const delay = 350;

class Tip {
  content = $state.raw<TipContent | null>(null);
  anchor = $state.raw<DOMRect | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The element that the tip is for, also before it shows. */
  #element: Element | null = null;

  /** The pointer is over `target` now. */
  over(target: EventTarget | null): void {
    const element = hinted(target);
    if (element !== this.#element) this.#point(element, delay);
  }

  /** The keyboard came to `target`. */
  focus(target: EventTarget | null): void {
    if (target instanceof Element && contents.has(target) && target.matches(':focus-visible')) this.#point(target, 0);
  }

  /** Later, because an element also loses its focus while the page is being redrawn, when no state may change. */
  hide(): void {
    if (this.#element === null) return;
    this.#element = null;
    clearTimeout(this.#timer);
    queueMicrotask(() => { if (this.#element === null) this.content = null; });
  }

  /** `element` is going away, or says something else from now on. */
  leave(element: Element): void {
    if (this.#element === element) this.hide();
  }

  #point(element: Element | null, wait: number): void {
    this.hide();
    if (element === null) return;
    this.#element = element;
    this.#timer = setTimeout(() => {
      const content = contents.get(element);
      if (content === undefined || !element.isConnected) return;
      this.content = content;
      this.anchor = element.getBoundingClientRect();
    }, wait);
  }
}

/** The nearest element at or above `target` that has something to say. */
function hinted(target: EventTarget | null): Element | null {
  let element = target instanceof Element ? target : null;
  while (element !== null && !contents.has(element)) element = element.parentElement;
  return element;
}

export const tip = new Tip();

/** `{@attach hint('Pause', 'P')}`: a tooltip that screen readers get as the element's description. */
export function hint(text: string, keys?: string): Attachment<HTMLElement> {
  return (element) => {
    if (text === '') return undefined;
    contents.set(element, keys === undefined ? { text } : { text, keys });
    if (element.getAttribute('aria-label') !== text) element.setAttribute('aria-description', text);
    return () => {
      contents.delete(element);
      tip.leave(element);
    };
  };
}
