/**
 * A run of tokens as elements. Walking from feature to feature changes hundreds of tokens at once: the elements are used again, and only what
 * differs is written.
 */
import { pieces, type Piece } from './display.ts';

/** One token as it is drawn. */
export interface Cell {
  /** Its place in the text, as `data-i`. */
  readonly i: number;
  readonly classes: string;
  /** Background and text colour; empty for a token without shade. */
  readonly style: string;
  readonly pieces: readonly Piece[];
}

const known = new Map<string, readonly Piece[]>();
const mostKnown = 20_000;

/** The pieces of a token's text; the same array for the same text. */
export function piecesOf(token: string): readonly Piece[] {
  let parts = known.get(token);
  if (parts === undefined) {
    if (known.size >= mostKnown) known.clear();
    known.set(token, parts = pieces(token));
  }
  return parts;
}

/** A text without marks is one text node. */
const plain = (parts: readonly Piece[]): boolean => parts.every(({ kind }) => kind === 'text' || kind === 'space');

function mark(text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = 'mark';
  element.textContent = text;
  return element;
}

function drawPieces(element: HTMLElement, parts: readonly Piece[], wrap: boolean): void {
  if (plain(parts)) element.textContent = parts.map(({ shown }) => shown).join('');
  else {
    element.replaceChildren();
    for (const { kind, shown } of parts) {
      element.append(kind === 'text' || kind === 'space' ? shown : mark(shown));
      if (kind === 'newline' && wrap) element.append(document.createElement('br'));
    }
  }
}

/** Makes the children of `parent` show `cells`; `before` are the cells that they show. `wrap`: newlines break the line. */
export function drawCells(parent: HTMLElement, before: readonly Cell[], cells: readonly Cell[], wrap: boolean): void {
  for (const [place, cell] of cells.entries()) {
    const old = before[place];
    const element = (old === undefined ? parent.appendChild(document.createElement('span')) : parent.children[place]) as HTMLElement;
    if (old?.i !== cell.i) element.dataset.i = String(cell.i);
    if (old?.classes !== cell.classes) element.className = cell.classes;
    if ((old?.style ?? '') !== cell.style) element.style.cssText = cell.style;
    if (old?.pieces !== cell.pieces) drawPieces(element, cell.pieces, wrap);
  }
  while (parent.children.length > cells.length) parent.lastElementChild!.remove();
}
