/** The tooltip of a token: one for the window. Shift-click pins it. */
export interface TokenFacts {
  readonly text: string;
  readonly id: number;
  readonly position: number;
  readonly value: number;
  /** Half of the rounding step of the stored value; 0 for the peak, which is exact. */
  readonly error: number;
  /** What `value` is, where it is no activation. */
  readonly what?: string;
  /** Further lines: name and value. */
  readonly more?: readonly (readonly [string, string])[];
}

class TokenTip {
  facts = $state.raw<TokenFacts | null>(null);
  anchor = $state.raw<DOMRect | null>(null);
  pinned = $state(false);

  show(element: Element, facts: TokenFacts): void {
    if (this.pinned) return;
    this.facts = facts;
    this.anchor = element.getBoundingClientRect();
  }

  pin(element: Element, facts: TokenFacts): void {
    this.pinned = false;
    this.show(element, facts);
    this.pinned = true;
  }

  /** Later, because a row also loses its focus while the page is being redrawn, when no state may change. */
  hide(): void {
    queueMicrotask(() => { if (!this.pinned) this.facts = null; });
  }

  unpin(): void {
    this.pinned = false;
    this.facts = null;
  }
}

export const tokenTip = new TokenTip();
