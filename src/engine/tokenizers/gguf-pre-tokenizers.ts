/**
 * How a GGUF file's `tokenizer.ggml.pre` cuts text before BPE, as the pre-tokenizer of a tokenizer.json.
 *
 * A name that is not here is refused: a wrong cut gives plausible ids that are not the model's.
 */
import { LoupeError, nearestName } from '../../shared/errors.ts';

interface PreTokenizer {
  readonly type: string;
  readonly [field: string]: unknown;
}

const byteLevel = (useRegex: boolean): PreTokenizer => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex });
const digits: PreTokenizer = { type: 'Digits', individual_digits: true };
const split = (pattern: string): PreTokenizer => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false });
const sequence = (...pretokenizers: PreTokenizer[]): PreTokenizer => ({ type: 'Sequence', pretokenizers });

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
/** The GPT-4 family of patterns; `n` is how many digits stay together. */
const gpt4Like = (n: string): PreTokenizer =>
  sequence(
    split(`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${n}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`),
    byteLevel(false),
  );

const gpt2 = byteLevel(true);
const digitsFirst = sequence(digits, byteLevel(true));

const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  default: gpt2,
  'gpt-2': gpt2,
  gpt2,
  olmo: gpt2,
  mpt: gpt2,
  phi2: gpt2,
  smollm: digitsFirst,
  starcoder: digitsFirst,
  refact: digitsFirst,
  'command-r': digitsFirst,
  codeshell: digitsFirst,
  'llama-bpe': gpt4Like('{1,3}'),
  'llama-v3': gpt4Like('{1,3}'),
  llama3: gpt4Like('{1,3}'),
  qwen2: gpt4Like(''),
};

/** Kind unsupported for a name that is not known, with the known ones. */
export function preTokenizerOf(name: string, origin: string): PreTokenizer {
  const found = Object.hasOwn(preTokenizers, name) ? preTokenizers[name] : undefined;
  if (found !== undefined) return found;
  const near = nearestName(name, Object.keys(preTokenizers));
  const hint = near === undefined ? '' : ` The nearest is ${near}.`;
  throw new LoupeError('unsupported', `${origin}: the pre-tokenizer ${JSON.stringify(name)} is not known. Known: ${Object.keys(preTokenizers).join(', ')}.${hint} Use the model's Hugging Face folder.`);
}
