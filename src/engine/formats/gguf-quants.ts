/**
 * The block formats of GGUF weights and how each becomes float32.
 *
 * Layouts are those of the GGUF specification: a row is cut into blocks, each with its own half-precision scale. Every
 * intermediate product is exact in a double and rounded once, so values equal the `gguf` package's exactly.
 */
import { decodeBfloat16, decodeFloat16, float16ToNumber } from './float16.ts';

/** Dequantises `blocks` blocks that start at `bytes[0]` into `out`, from `out[first]`. */
type Dequantiser = (bytes: Uint8Array, blocks: number, out: Float32Array, first: number) => void;

export interface GgufType {
  readonly name: string;
  /** Values and bytes of one block. */
  readonly blockValues: number;
  readonly blockBytes: number;
  readonly dequantise: Dequantiser;
}

const half = (bytes: Uint8Array, at: number): number => float16ToNumber(bytes[at]! | (bytes[at + 1]! << 8));
const words = (bytes: Uint8Array, count: number): Uint16Array => new Uint16Array(bytes.slice(0, count * 2).buffer);

const float32: Dequantiser = (bytes, blocks, out, first) => out.set(new Float32Array(bytes.slice(0, blocks * 4).buffer), first);
const float16: Dequantiser = (bytes, blocks, out, first) => void decodeFloat16(words(bytes, blocks), out.subarray(first, first + blocks));
const bfloat16: Dequantiser = (bytes, blocks, out, first) => void decodeBfloat16(words(bytes, blocks), out.subarray(first, first + blocks));

/** 32 values: scale, 32 signed bytes. */
const q8_0: Dequantiser = (bytes, blocks, out, first) => {
  for (let b = 0, at = 0, to = first; b < blocks; b++, at += 34, to += 32) {
    const d = half(bytes, at);
    for (let i = 0; i < 32; i++) out[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
  }
};

/** 32 values in 16 bytes of two nibbles, the low ones first; with a minimum, or centred on 8. */
const nibbles = (hasMinimum: boolean): Dequantiser => (bytes, blocks, out, first) => {
  const head = hasMinimum ? 4 : 2;
  for (let b = 0, at = 0, to = first; b < blocks; b++, at += head + 16, to += 32) {
    const d = half(bytes, at);
    const m = hasMinimum ? half(bytes, at + 2) : -8 * d;
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + head + i]!;
      out[to + i] = d * (byte & 15) + m;
      out[to + 16 + i] = d * (byte >> 4) + m;
    }
  }
};

/** As nibbles, with the fifth bit of all 32 values in one word before them; with a minimum, or centred on 16. */
const fiveBits = (hasMinimum: boolean): Dequantiser => (bytes, blocks, out, first) => {
  const head = hasMinimum ? 4 : 2;
  for (let b = 0, at = 0, to = first; b < blocks; b++, at += head + 20, to += 32) {
    const d = half(bytes, at);
    const m = hasMinimum ? half(bytes, at + 2) : -16 * d;
    const high = bytes[at + head]! | (bytes[at + head + 1]! << 8) | (bytes[at + head + 2]! << 16) | (bytes[at + head + 3]! << 24);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + head + 4 + i]!;
      out[to + i] = d * ((byte & 15) | (((high >>> i) & 1) << 4)) + m;
      out[to + 16 + i] = d * ((byte >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  }
};

/** The 6-bit scale of sub-block j out of the 12 packed bytes at `at`. */
function scaleOf(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j]! & 63 : (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
}

/** The 6-bit minimum of sub-block j. */
function minimumOf(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j + 4]! & 63 : (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
}

/** 256 values in 8 sub-blocks of 32, each with a 6-bit scale and minimum; Q5_K has a fifth bit in `high` bytes before the nibbles. */
const kQuants = (highBytes: 0 | 32): Dequantiser => (bytes, blocks, out, first) => {
  const size = 144 + highBytes;
  for (let b = 0, at = 0, to = first; b < blocks; b++, at += size, to += 256) {
    const d = half(bytes, at);
    const dMin = half(bytes, at + 2);
    for (let j = 0; j < 8; j++) {
      const scale = d * scaleOf(bytes, at + 4, j);
      const minimum = dMin * minimumOf(bytes, at + 4, j);
      const quants = at + 16 + highBytes + 32 * (j >> 1);
      const shift = (j & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const fifth = highBytes === 0 ? 0 : ((bytes[at + 16 + i]! >> j) & 1) << 4;
        out[to + 32 * j + i] = scale * (((bytes[quants + i]! >> shift) & 15) | fifth) - minimum;
      }
    }
  }
};

/** 256 values of 6 bits: 128 bytes of low nibbles, 64 of high bit pairs, 16 signed scales, the block's scale. */
const q6_K: Dequantiser = (bytes, blocks, out, first) => {
  for (let b = 0, at = 0, to = first; b < blocks; b++, at += 210, to += 256) {
    const d = half(bytes, at + 208);
    for (let n = 0; n < 256; n++) {
      const [part, within] = [n >> 7, n & 127];
      const [quarter, l] = [within >> 5, within & 31];
      const low = (bytes[at + 64 * part + 32 * (quarter & 1) + l]! >> (4 * (quarter >> 1))) & 15;
      const high = (bytes[at + 128 + 32 * part + l]! >> (2 * quarter)) & 3;
      const scale = (bytes[at + 192 + (n >> 4)]! << 24) >> 24;
      out[to + n] = d * scale * ((low | (high << 4)) - 32);
    }
  }
};

/** The weight types that Loupe reads, by their number in the file. */
export const ggufTypes: ReadonlyMap<number, GgufType> = new Map([
  [0, { name: 'F32', blockValues: 1, blockBytes: 4, dequantise: float32 }],
  [1, { name: 'F16', blockValues: 1, blockBytes: 2, dequantise: float16 }],
  [2, { name: 'Q4_0', blockValues: 32, blockBytes: 18, dequantise: nibbles(false) }],
  [3, { name: 'Q4_1', blockValues: 32, blockBytes: 20, dequantise: nibbles(true) }],
  [6, { name: 'Q5_0', blockValues: 32, blockBytes: 22, dequantise: fiveBits(false) }],
  [7, { name: 'Q5_1', blockValues: 32, blockBytes: 24, dequantise: fiveBits(true) }],
  [8, { name: 'Q8_0', blockValues: 32, blockBytes: 34, dequantise: q8_0 }],
  [12, { name: 'Q4_K', blockValues: 256, blockBytes: 144, dequantise: kQuants(0) }],
  [13, { name: 'Q5_K', blockValues: 256, blockBytes: 176, dequantise: kQuants(32) }],
  [14, { name: 'Q6_K', blockValues: 256, blockBytes: 210, dequantise: q6_K }],
  [30, { name: 'BF16', blockValues: 1, blockBytes: 2, dequantise: bfloat16 }],
]);

/** Names of the types that GGUF has and Loupe does not read, for the message that refuses them. */
export const otherGgufTypes: Readonly<Record<number, string>> = {
  9: 'Q8_1', 10: 'Q2_K', 11: 'Q3_K', 15: 'Q8_K', 16: 'IQ2_XXS', 17: 'IQ2_XS', 18: 'IQ3_XXS', 19: 'IQ1_S', 20: 'IQ4_NL', 21: 'IQ3_S',
  22: 'IQ2_S', 23: 'IQ4_XS', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64', 29: 'IQ1_M', 34: 'TQ1_0', 35: 'TQ2_0', 39: 'MXFP4',
};
