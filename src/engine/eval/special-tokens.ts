/**
 * Errors of a chat model's dictionary by sequence, and on the tokens of its chat template alone (FAST: Li et al. 2025, arXiv 2506.07691).
 *
 * MSE = (1 / (N d)) sum_i (1 / L_i) sum_j |y_ij - y'_ij|^2: the mean over sequences of each sequence's mean, not the mean over tokens. The published
 * headline figures are log2 of this, on special tokens only.
 */
import { LoupeError } from '../../shared/errors.ts';
import type { Tokenizer } from '../tokenizers/types.ts';

/** Sums over sequences; a sequence is given whole, or in parts one after the other under one number. */
export class SequenceErrors {
  readonly #d: number;
  readonly #sums = new Map<number, { error: number; tokens: number }>();

  constructor(d: number) {
    this.#d = d;
  }

  /** Adds the rows whose mask is 1. x and y float32 [rows, d]; sequences int32 [rows], negative for padding; mask uint8 [rows]. */
  add(x: Float32Array, y: Float32Array, sequences: Int32Array, mask?: Uint8Array): void {
    const d = this.#d;
    for (let row = 0; row < sequences.length; row++) {
      if (sequences[row]! < 0 || mask?.[row] === 0) continue;
      let error = 0;
      for (let i = row * d; i < (row + 1) * d; i++) error += (x[i]! - y[i]!) ** 2;
      const sum = this.#sums.get(sequences[row]!) ?? { error: 0, tokens: 0 };
      this.#sums.set(sequences[row]!, { error: sum.error + error, tokens: sum.tokens + 1 });
    }
  }

  /** Mean over sequences with at least one row, and over all rows; squared activation units a dimension, NaN where there were no rows. */
  result(): { readonly sequenceMean: number; readonly tokenMean: number; readonly sequences: number; readonly tokens: number } {
    const all = [...this.#sums.values()];
    const tokens = all.reduce((sum, one) => sum + one.tokens, 0);
    return {
      sequenceMean: all.reduce((sum, { error, tokens: length }) => sum + error / length, 0) / all.length / this.#d,
      tokenMean: all.reduce((sum, { error }) => sum + error, 0) / tokens / this.#d,
      sequences: all.length, tokens,
    };
  }
}

/** What a chat template puts around contents. */
export interface TemplateTokens {
  /** Ids that are special wherever they stand, such as <|im_start|>. */
  readonly special: ReadonlySet<number>;
  /** Ids of role names, which count right behind a special token only: "user" is a word elsewhere [our choice]. */
  readonly roles: ReadonlySet<number>;
}

const roleNames = ['user', 'assistant', 'system'];

/** The tokens of the model's own chat template. Kind unsupported without one. */
export function templateTokens(tokenizer: Tokenizer): TemplateTokens {
  const rendered = tokenizer.encode(tokenizer.chat([{ role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }], false));
  const special = new Set([...rendered].filter((id) => tokenizer.specialTokenIds.has(id)));
  if (special.size === 0) throw new LoupeError('unsupported', 'the chat template of this model puts no special token around messages: its template tokens cannot be told apart.');
  const roles = new Set<number>();
  rendered.forEach((id, at) => {
    if (at > 0 && special.has(rendered[at - 1]!) && roleNames.includes(tokenizer.display(id).trim())) roles.add(id);
  });
  return { special, roles };
}

/** 1 where a token is the template's, uint8 [rows], of tokens int32 [rows]. */
export function templateMask(tokens: Int32Array, { special, roles }: TemplateTokens): Uint8Array {
  return Uint8Array.from(tokens, (id, row) => Number(special.has(id) || (row > 0 && roles.has(id) && special.has(tokens[row - 1]!))));
}
