/** Windows as an explainer reads them: active tokens between `<<` and `>>`, and how strong they are from 0 to 10 (labelling F.3). */
import { activeMask } from './windows.ts';
import type { Window } from './windows.ts';

/** Pairs of token and strength below a window. */
const mostPairs = 10;

/** Brackets of the text itself get a backslash, so that none can be taken for a mark or run into one. */
function escaped(text: string): string {
  return text.replace(/[\\<>]/g, (sign) => `\\${sign}`);
}

/** The tokens as one text, each run of those whose bit is set in `marks` between `<<` and `>>`. */
export function markText(tokens: readonly string[], marks: number): string {
  const runs: { marked: boolean; text: string }[] = [];
  tokens.forEach((text, i) => {
    const marked = (marks & (1 << i)) !== 0;
    const last = runs.at(-1);
    if (last !== undefined && last.marked === marked) last.text += text;
    else runs.push({ marked, text });
  });
  return runs.map(({ marked, text }) => (marked ? `<<${escaped(text)}>>` : escaped(text))).join('');
}

/** The text without its marks, byte for byte. */
export function stripMarks(text: string): string {
  return text.replace(/\\([\\<>])|<<|>>/g, (_, kept: string | undefined) => kept ?? '');
}

/** ceil(10 * value / maximum), 0 to 10; `maximum` is the feature's largest activation. */
export function strength(value: number, maximum: number): number {
  return maximum > 0 ? Math.max(0, Math.min(10, Math.ceil((10 * value) / maximum))) : 0;
}

/** A window with its marks, and the strongest tokens with their strengths. `text` gives a token's own text. */
export function explainedWindow(window: Window, maximum: number, text: (token: number) => string): { readonly text: string; readonly strengths: readonly (readonly [string, number])[] } {
  const texts = Array.from(window.tokens, text);
  const marks = activeMask(window, false);
  const active = texts.map((token, i) => [token, window.activations[i]!, i] as const).filter(([, , i]) => (marks & (1 << i)) !== 0);
  const strongest = active.sort((a, b) => b[1] - a[1]).slice(0, mostPairs);
  return { text: markText(texts, marks), strengths: strongest.map(([token, value]) => [token, strength(value, maximum)] as const) };
}
