/** Seeded damage to bytes: what disks, networks and strangers do to files. */
import { Random } from '../../src/engine/random.ts';

const numbers = [0n, 1n, 2n, 255n, 256n, 65_535n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 40n, (1n << 53n) + 1n, (1n << 63n) - 1n, (1n << 64n) - 1n];
const snippets = ['null', '[]', '{}', '""', '-1', '1e308', '1e999', '0.5', 'true', '9007199254740993', '"\\ud800"', '[[[[[[[[', '}', ']', ',', ':', '"', '\\', '\0', '__proto__', 'constructor'];

type Mutation = (bytes: Buffer, random: Random, place: () => number) => Buffer;

/** Random bytes [n]. */
function noise(n: number, random: Random): Buffer {
  return Buffer.from(Uint8Array.from({ length: n }, () => random.integer(256)));
}

function splice(bytes: Buffer, at: number, removed: number, added: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + removed))]);
}

function number(random: Random): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(numbers[random.integer(numbers.length)]!);
  return bytes.subarray(0, [1, 2, 4, 8][random.integer(4)]);
}

/** Another digit: sizes, offsets and ids of JSON that stay numbers. */
const otherDigit: Mutation = (bytes, random, place) => {
  const out = Buffer.from(bytes);
  const start = place();
  for (let at = start; at < Math.min(out.length, start + 512); at++) {
    if (out[at]! < 0x30 || out[at]! > 0x39) continue;
    out[at] = 0x30 + random.integer(10);
    break;
  }
  return out;
};

const mutations: readonly Mutation[] = [
  (bytes, random, place) => {
    const at = place();
    const out = Buffer.from(bytes);
    out[at] = out[at]! ^ (1 << random.integer(8));
    return out;
  },
  (bytes, random, place) => splice(bytes, place(), 1, noise(1, random)),
  (bytes, random, place) => {
    const added = number(random);
    return splice(bytes, place(), added.length, added);
  },
  (bytes, random, place) => splice(bytes, place(), random.integer(12), Buffer.from(snippets[random.integer(snippets.length)]!)),
  (bytes, random) => bytes.subarray(0, random.integer(bytes.length + 1)),
  (bytes, random, place) => splice(bytes, place(), 1 + random.integer(64), Buffer.alloc(0)),
  (bytes, random, place) => splice(bytes, place(), 0, noise(1 + random.integer(64), random)),
  (bytes, random, place) => {
    const from = place();
    return splice(bytes, place(), random.integer(2) * 16, bytes.subarray(from, from + 1 + random.integer(256)));
  },
  otherDigit, otherDigit, otherDigit,
];

/** `bytes` with one to four kinds of damage; most of it within the first `head` bytes, where structure is. Equal arguments give equal bytes. */
export function mutate(bytes: Buffer, head: number, seed: number): Buffer {
  const random = Random.from(seed, 'mutation');
  let out = bytes;
  for (let count = random.uniform() < 0.6 ? 1 : 2 + random.integer(3); count > 0 && out.length > 0; count--) {
    const place = (): number => random.integer(random.uniform() < 0.8 ? Math.min(head, out.length) : out.length);
    out = mutations[random.integer(mutations.length)]!(out, random, place);
  }
  return out;
}
