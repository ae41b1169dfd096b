/** How a token's text is shown: as the model sees it, with marks where plain text would hide something. */

/** A run of a token: plain text, or a mark that stands for `text`. */
export interface Piece {
  readonly kind: 'text' | 'space' | 'newline' | 'tab' | 'control';
  /** What is drawn. */
  readonly shown: string;
}

const special: Readonly<Record<string, Piece>> = {
  '\n': { kind: 'newline', shown: '↵' },
  '\r': { kind: 'control', shown: '\\r' },
  '\t': { kind: 'tab', shown: '⇥' },
};

/** Splits a token's text into runs; leading spaces become marks, newlines a return sign, control characters \xNN. */
export function pieces(token: string): Piece[] {
  const result: Piece[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') result.push({ kind: 'text', shown: plain });
    plain = '';
  };
  for (const character of token) {
    const piece = pieceOf(character, plain === '');
    if (piece === undefined) plain += character;
    else {
      flush();
      result.push(piece);
    }
  }
  flush();
  return result;
}

function pieceOf(character: string, leading: boolean): Piece | undefined {
  const known = special[character];
  if (known !== undefined) return known;
  if (character === ' ') return leading ? { kind: 'space', shown: ' ' } : undefined;
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f || (code >= 0x80 && code < 0xa0)) return { kind: 'control', shown: `\\x${hex(code)}` };
  // Characters that draw nothing, or reorder what stands around them, must be seen.
  if (/\p{Cf}|\p{Zl}|\p{Zp}/u.test(character)) return { kind: 'control', shown: `\\u{${code.toString(16)}}` };
  return undefined;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, '0');
}

/** One line for a table or a tooltip: marks for newlines and control characters, spaces as they are. */
export function oneLine(text: string): string {
  return pieces(text).map((piece) => piece.shown).join('');
}

/** A token in quotes, with its leading spaces visible: for tooltips and logit tables. */
export function quoted(token: string): string {
  return pieces(token).map((piece) => (piece.kind === 'space' ? '·' : piece.shown)).join('');
}

/** Tokens as plain text; `marked` puts << >> around each run of tokens that fire. */
export function plainText(tokens: readonly string[], activations: ArrayLike<number>, marked: boolean): string {
  if (!marked) return tokens.join('');
  let text = '';
  let open = false;
  tokens.forEach((token, i) => {
    const active = activations[i] !== 0;
    if (active !== open) text += active ? '<<' : '>>';
    open = active;
    text += token;
  });
  return open ? `${text}>>` : text;
}
