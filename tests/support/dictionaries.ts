/** The dictionaries that other programs wrote (tests/parity/dictionaries_reference.py), and comparisons with what those computed. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import type { DictionaryFormat, PortableDictionary } from '../../src/engine/convert/definition.ts';
import { openSafetensors } from '../../src/engine/formats/safetensors.ts';
import { denseLatents } from '../../src/engine/sae/inference.ts';
import type { Dictionary } from '../../src/engine/sae/dictionary.ts';
import type { DictionaryWeights } from '../../src/engine/sae/weights.ts';
import { Random } from '../../src/engine/random.ts';
import { assertClose } from './closeness.ts';
import { temporaryFolder } from './temporary.ts';

export const dictionaryFixtures = resolve(import.meta.dirname, '../parity/fixtures/dictionaries');
/** What the programs are asked to agree within. */
export const parityTolerance = 1e-5;

/** The path of a case below `root`: its folder, a folder in it that carries a name that means something, or a file. */
export function casePath(name: string, root = dictionaryFixtures): string {
  const folder = join(root, name);
  const names = readdirSync(folder);
  const inner = names.includes('expected.safetensors') ? folder : join(folder, names.find((one) => one !== 'config.json')!);
  return name.startsWith('openai') ? join(inner, '8.pt') : inner;
}

/** Latents and reconstructions are those of `file` beside `path`. */
export function assertComputes(dictionary: Dictionary, path: string, file = 'expected.safetensors', x?: Float32Array): void {
  const expected = openSafetensors(join(path.endsWith('.pt') ? dirname(path) : path, file));
  const inputs = x ?? expected.readFloat32('x');
  const rows = inputs.length / dictionary.dIn;
  assertClose(denseLatents(dictionary.encode(inputs, rows), dictionary.dSae), expected.readFloat32('latents'), parityTolerance, `${path}: latents`);
  assertClose(dictionary.reconstruct(inputs, rows), expected.readFloat32('y'), parityTolerance, `${path}: reconstruction`);
  expected.close();
}

/** Reads, writes and reads again: the weights keep every bit. Gives the second reading. */
export function assertRoundTrip(t: TestContext, format: DictionaryFormat, path: string): PortableDictionary {
  const first = format.read(path, path);
  const place = join(temporaryFolder(t), format.file ? '1.pt' : 'd');
  if (!format.file) mkdirSync(place);
  format.write(place, first, place);
  const second = format.read(place, place);
  assert.deepEqual(second.weights, first.weights, path);
  return second;
}

/** Random weights of a form, of 6 inputs and 10 latents. */
export function someWeights(form: DictionaryWeights['form'], change: Partial<DictionaryWeights> = {}): DictionaryWeights {
  const random = Random.from(5);
  const [dIn, dSae, dOut] = [change.dIn ?? 6, change.dSae ?? 10, change.dOut ?? change.dIn ?? 6];
  return {
    dIn, dSae, dOut, form, centresInput: true, inputNorm: 'none', wSkip: null, wEnc: random.normals(dSae * dIn, 0.3), wDec: random.normals(dSae * dOut, 0.3),
    bEnc: random.normals(dSae, 0.1), bDec: random.normals(dOut, 0.1), ...change,
  };
}
