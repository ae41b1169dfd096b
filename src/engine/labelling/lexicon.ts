/** Tokens as the words of rules: their form (lower case, without the space before it) and the classes that a rule can name. */

/** What a token can be beside the word it is. */
export const tokenClasses = ['digits', 'capitalised', 'capitals', 'punctuation', 'line break', 'special'] as const;
export type TokenClass = (typeof tokenClasses)[number];

export interface TokenWord {
  /** Number of the form, for sets and maps. */
  readonly form: number;
  readonly text: string;
  /** Bit i: `tokenClasses[i]`. */
  readonly classes: number;
}

/** A run of tokens: the form (int32) and the classes (uint8) of each. */
export interface Words {
  readonly forms: Int32Array;
  readonly classes: Uint8Array;
}

function classesOf(text: string, special: boolean): number {
  const trimmed = text.trim();
  const is: Readonly<Record<TokenClass, boolean>> = {
    digits: /^\d+$/.test(trimmed),
    capitalised: /^\p{Lu}\p{Ll}+/u.test(trimmed),
    capitals: /^\p{Lu}{2,}$/u.test(trimmed),
    punctuation: !special && /^[\p{P}\p{S}]+$/u.test(trimmed),
    'line break': /\n/.test(text),
    special,
  };
  return tokenClasses.reduce((bits, name, i) => (is[name] ? bits | (1 << i) : bits), 0);
}

/** The words of a vocabulary, worked out as they are met. `entry` gives the text of a token id and whether it is a special one. */
export class Lexicon {
  readonly #entry: (token: number) => { readonly text: string; readonly special: boolean };
  readonly #words = new Map<number, TokenWord>();
  readonly #forms = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(entry: (token: number) => { readonly text: string; readonly special: boolean }) {
    this.#entry = entry;
  }

  word(token: number): TokenWord {
    const known = this.#words.get(token);
    if (known !== undefined) return known;
    const { text, special } = this.#entry(token);
    const trimmed = text.trim().toLowerCase();
    const shown = trimmed === '' ? text.replaceAll('\n', '↵') : trimmed;
    const word = { form: this.#form(shown), text: shown, classes: classesOf(text, special) };
    this.#words.set(token, word);
    return word;
  }

  /** The form (int32) and the classes (uint8) of each of a run of tokens. */
  words(tokens: Int32Array): Words {
    const words = { forms: new Int32Array(tokens.length), classes: new Uint8Array(tokens.length) };
    for (let i = 0; i < tokens.length; i++) {
      const { form, classes } = this.word(tokens[i]!);
      words.forms[i] = form;
      words.classes[i] = classes;
    }
    return words;
  }

  /** The text of a form. */
  text(form: number): string {
    return this.#texts[form]!;
  }

  /** Forms met so far. */
  get size(): number {
    return this.#texts.length;
  }

  #form(text: string): number {
    let form = this.#forms.get(text);
    if (form === undefined) {
      form = this.#texts.push(text) - 1;
      this.#forms.set(text, form);
    }
    return form;
  }
}
