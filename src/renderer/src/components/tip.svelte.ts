/** One tooltip for the whole window, shown on hover after a moment and on keyboard focus at once. */
import type { Attachment } from 'svelte/attachments';

export interface TipContent {
  readonly text: string;
  readonly keys?: string;
}

class Tip {
  content = $state.raw<TipContent | null>(null);
  anchor = $state.raw<DOMRect | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(element: Element, content: TipContent, delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!element.isConnected) return;
      this.content = content;
      this.anchor = element.getBoundingClientRect();
    }, delay);
  }

  /** Later, because an element also loses its focus while the page is being redrawn, when no state may change. */
  hide(): void {
    clearTimeout(this.#timer);
    queueMicrotask(() => { this.content = null; });
  }
}

export const tip = new Tip();

/** `{@attach hint('Pause', 'P')}`: a tooltip that screen readers get as the element's description. */
export function hint(text: string, keys?: string): Attachment<HTMLElement> {
  return (element) => {
    if (text === '') return undefined;
    const content: TipContent = keys === undefined ? { text } : { text, keys };
    const undo = listen(element, {
      pointerenter: () => tip.show(element, content, 350),
      pointerleave: () => tip.hide(),
      pointerdown: () => tip.hide(),
      focusin: () => { if (element.matches(':focus-visible')) tip.show(element, content, 0); },
      focusout: () => tip.hide(),
    });
    if (element.getAttribute('aria-label') !== text) element.setAttribute('aria-description', text);
    return () => {
      undo();
      tip.hide();
    };
  };
}

function listen(element: HTMLElement, handlers: Readonly<Record<string, () => void>>): () => void {
  for (const [event, handler] of Object.entries(handlers)) element.addEventListener(event, handler);
  return () => {
    for (const [event, handler] of Object.entries(handlers)) element.removeEventListener(event, handler);
  };
}
