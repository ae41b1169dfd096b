/**
 * The alphabet of byte-level BPE: each of the 256 bytes stands as one printable character in a vocabulary.
 *
 * Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, are U+0100 upwards (Radford et al. 2019, GPT-2).
 */
const printable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The character of each byte. */
export const byteCharacters: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** The bytes that a byte-level token stands for, or null when it has a character outside the alphabet. */
export function bytesOfToken(token: string): Uint8Array | null {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOf.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** Length of the UTF-8 sequence that a lead byte announces, or 0. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeAt(bytes: Uint8Array, at: number): string | null {
  const length = sequenceLength(bytes[at]!);
  if (length === 0 || at + length > bytes.length) return null;
  try {
    return strict.decode(bytes.subarray(at, at + length));
  } catch {
    return null;
  }
}

/** Bytes as text, with each byte that belongs to no character written as \xNN. */
export function showBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const character = decodeAt(bytes, at);
    text += character ?? `\\x${bytes[at]!.toString(16).padStart(2, '0').toUpperCase()}`;
    at += character === null ? 1 : sequenceLength(bytes[at]!);
  }
  return text;
}
