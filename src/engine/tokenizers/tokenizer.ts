/** A tokenizer made of `tokenizer.json` and its config, whichever file they came from. */
import { createHash } from 'node:crypto';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { LoupeError } from '../../shared/errors.ts';
import { bytesOfToken, showBytes } from './bytes.ts';
import { chatRenderer } from './chat.ts';
import { checkTokenizer } from './check.ts';
import { repairDecoder, repairJson } from './library-repairs.ts';
import type { TokenizerConfig, TokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';

/** Shown tokens that are remembered. */
const idCacheSize = 4096;

/** Builds the tokenizer. Kinds: bad-file for what cannot be used, unsupported for an unknown kind of model; `origin` names the file in messages. */
export function createTokenizer(json: TokenizerJson, config: TokenizerConfig, origin: string): Tokenizer {
  checkTokenizer(json, origin);
  try {
    const library = new Library(repairJson(json), config);
    repairDecoder(library);
    // Some parts of the file are first looked at here.
    library.decode([firstIdOf(json), ...library.encode('a').ids]);
    return new JsonTokenizer(library, json, config, origin);
  } catch (cause) {
    throw new LoupeError('bad-file', `${origin} cannot be used as a tokenizer: ${(cause as Error).message}. Fetch it again.`, undefined, { cause });
  }
}

/** JSON with the keys of every object sorted, so that equal tokenizers hash equally however their files were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function usesByteLevel(json: TokenizerJson): boolean {
  const types = (part: unknown): string[] => {
    if (typeof part !== 'object' || part === null) return [];
    const { type, decoders, pretokenizers } = part as { type?: string; decoders?: unknown[]; pretokenizers?: unknown[] };
    return [type ?? '', ...[...(decoders ?? []), ...(pretokenizers ?? [])].flatMap(types)];
  };
  return [...types(json.decoder), ...types(json.pre_tokenizer)].includes('ByteLevel');
}

class JsonTokenizer implements Tokenizer {
  readonly vocab: number;
  readonly hash: string;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly specialTokenIds: ReadonlySet<number>;
  readonly prependsBos: boolean;
  readonly #library: Library;
  readonly #origin: string;
  readonly #byteLevel: boolean;
  readonly #added: ReadonlySet<number>;
  readonly #chat: ReturnType<typeof chatRenderer> | null;
  readonly #shown = new Map<number, string>();

  constructor(library: Library, json: TokenizerJson, config: TokenizerConfig, origin: string) {
    this.#library = library;
    this.#origin = origin;
    this.#byteLevel = usesByteLevel(json);
    this.#added = new Set(json.added_tokens.map((token) => token.id));
    this.hash = createHash('sha256').update(canonical(json)).digest('hex');
    this.vocab = vocabularySize(json);
    this.bosTokenId = this.#idOf(config.bos_token);
    this.eosTokenId = this.#idOf(config.eos_token);
    this.specialTokenIds = new Set([
      ...json.added_tokens.filter((token) => token.special).map((token) => token.id),
      ...[this.bosTokenId, this.eosTokenId].filter((id) => id !== null),
    ]);
    this.prependsBos = this.bosTokenId !== null && library.encode('a').ids[0] === this.bosTokenId;
    this.#chat = chatOf(config);
  }

  #idOf(token: string | null | undefined): number | null {
    return token == null ? null : (this.#library.token_to_id(token) ?? null);
  }

  encode(text: string, options?: { readonly special?: boolean }): Int32Array {
    const { ids } = this.#library.encode(text, { add_special_tokens: options?.special ?? false });
    const unknown = (ids as (number | undefined)[]).findIndex((id) => id === undefined);
    if (unknown >= 0) throw new LoupeError('unsupported', `${this.#origin} has no token, and no unknown token, for a part of the text.`, text.slice(0, 200));
    return Int32Array.from(ids);
  }

  decode(ids: ArrayLike<number>): string {
    if (ids.length === 0) return '';
    const list = Array.from(ids);
    list.forEach((id) => this.#tokenText(id));
    return this.#library.decode(list, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  display(id: number): string {
    const known = this.#shown.get(id);
    if (known !== undefined) return known;
    const text = this.#show(id);
    if (this.#shown.size >= idCacheSize) this.#shown.clear();
    this.#shown.set(id, text);
    return text;
  }

  #show(id: number): string {
    const token = this.#library.id_to_token(id);
    // A vocabulary may leave ids out.
    if (token === undefined && Number.isInteger(id) && id >= 0 && id < this.vocab) return `[${id}]`;
    if (token === undefined) throw this.#noToken(id);
    if (this.#added.has(id)) return token;
    if (this.#byteLevel) {
      const bytes = bytesOfToken(token);
      return bytes === null ? token : showBytes(bytes);
    }
    const byte = /^<0x([0-9A-Fa-f]{2})>$/u.exec(token);
    if (byte !== null) return showBytes(Uint8Array.of(Number.parseInt(byte[1]!, 16)));
    return token.replaceAll('\u2581', ' ');
  }

  #tokenText(id: number): string {
    const token = this.#library.id_to_token(id);
    if (token === undefined) throw this.#noToken(id);
    return token;
  }

  #noToken(id: number): LoupeError {
    return new LoupeError('bad-request', `${id} is no token of ${this.#origin}, which has ${this.vocab}.`);
  }

  chat(messages: readonly { readonly role: string; readonly content: string }[], addGenerationPrompt: boolean): string {
    if (this.#chat === null) throw new LoupeError('unsupported', `${this.#origin} has no chat template. Use a plain prompt, or an instruction-tuned model.`);
    return this.#chat(messages, addGenerationPrompt);
  }
}

function firstIdOf({ model: { vocab } }: TokenizerJson): number {
  return Array.isArray(vocab) ? 0 : Object.values(vocab)[0]!;
}

function vocabularySize(json: TokenizerJson): number {
  const { vocab } = json.model;
  let largest = Array.isArray(vocab) ? vocab.length - 1 : -1;
  if (!Array.isArray(vocab)) for (const id of Object.values(vocab)) largest = Math.max(largest, id);
  for (const { id } of json.added_tokens) largest = Math.max(largest, id);
  return largest + 1;
}

function chatOf(config: TokenizerConfig): ReturnType<typeof chatRenderer> | null {
  const template = config.chat_template;
  const source = Array.isArray(template) ? (template.find((t) => t.name === 'default') ?? template[0])?.template : template;
  if (source == null) return null;
  const tokens = Object.entries(config).filter(([key, value]) => key.endsWith('_token') && typeof value === 'string');
  return chatRenderer(source, Object.fromEntries(tokens) as Record<string, string>);
}
