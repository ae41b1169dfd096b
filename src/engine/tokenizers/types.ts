/** Text to token ids and back, whichever file the vocabulary came from. */
export interface Tokenizer {
  readonly vocab: number;
  /** sha256 of the canonical tokenizer.json; hex. */
  readonly hash: string;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly specialTokenIds: ReadonlySet<number>;
  /** Whether the tokenizer's own rules put a BOS first. */
  readonly prependsBos: boolean;
  /** Ids of `text`, without special tokens unless asked for. */
  encode(text: string, options?: { readonly special?: boolean }): Int32Array;
  decode(ids: ArrayLike<number>): string;
  /** One token as the model sees it: a leading space is kept, bytes that are no text are written \xNN. */
  display(id: number): string;
  /** The prompt that the model's own chat template makes of a conversation. Kind unsupported without a template. */
  chat(messages: readonly { readonly role: string; readonly content: string }[], addGenerationPrompt: boolean): string;
}
