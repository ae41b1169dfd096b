/**
 * Where @huggingface/tokenizers 0.2.0 differs from the Rust library that every model was trained with, put right from outside.
 *
 * Found by comparing 5,000 hard lines (tests/parity/tokenizer_reference.py), of which 300 are kept for tokenizer.test.ts.
 */
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import type { TokenizerJson } from './tokenizer-json.ts';

interface Component {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * The library's `Digits` knows the ten ASCII digits; the original cuts at every number of Unicode (½, ², ١, Ⅷ).
 * A `Split` by the same class does what the original does.
 */
function repairPreTokenizer(part: Component): Component {
  if (Array.isArray(part['pretokenizers'])) return { ...part, pretokenizers: (part['pretokenizers'] as Component[]).map(repairPreTokenizer) };
  if (part.type !== 'Digits') return part;
  const pattern = part['individual_digits'] === true ? '\\p{N}' : '\\p{N}+';
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

/** Files of 2019 and 2020 do not name the type of their model; the library takes some of them for models without merges. */
function repairModel(model: TokenizerJson['model']): TokenizerJson['model'] {
  return model.type === undefined && Array.isArray(model['merges']) ? { ...model, type: 'BPE' } : model;
}

/** The tokenizer.json to give to the library instead of `json`. */
export function repairJson(json: TokenizerJson): TokenizerJson {
  return { ...json, model: repairModel(json.model), pre_tokenizer: json.pre_tokenizer && repairPreTokenizer(json.pre_tokenizer) };
}

/** The library's decoders of bytes swallow a byte order mark (U+FEFF); text that has one in the middle is text. */
export function repairDecoder(library: Library): void {
  const pending: unknown[] = [library.decoder];
  while (pending.length > 0) {
    const decoder = pending.pop() as { text_decoder?: TextDecoder; decoders?: unknown[] } | null;
    if (decoder?.text_decoder instanceof TextDecoder) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    pending.push(...(decoder?.decoders ?? []));
  }
}
