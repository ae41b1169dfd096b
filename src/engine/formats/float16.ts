/// <reference lib="esnext.float16" />
/**
 * Half precision to float32 and back, for whole arrays.
 *
 * Decoding is one look-up in a table of all 65,536 values (256 KB); encoding is the engine's own Float16Array, which
 * rounds to nearest even. bfloat16 is the upper half of a float32.
 */

let table: Float32Array | undefined;

function float16Values(): Float32Array {
  if (table === undefined) {
    const bits = new Uint16Array(65536);
    for (let i = 0; i < bits.length; i++) bits[i] = i;
    table = new Float32Array(new Float16Array(bits.buffer));
  }
  return table;
}

/** The float32 value of one half-precision bit pattern. */
export function float16ToNumber(bits: number): number {
  return float16Values()[bits & 0xffff]!;
}

/** Half-precision bit patterns [n] to float32 [n]; writes into `out` when given, which may be longer. */
export function decodeFloat16(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  const values = float16Values();
  for (let i = 0; i < bits.length; i++) out[i] = values[bits[i]!]!;
  return out;
}

/** float32 [n] to half-precision bit patterns [n], rounded to nearest even; beyond 65,504 becomes infinity. */
export function encodeFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** bfloat16 bit patterns [n] to float32 [n], exactly. */
export function decodeBfloat16(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  const words = new Uint32Array(out.buffer, out.byteOffset, bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return out;
}
