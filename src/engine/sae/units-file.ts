/**
 * The folder of a dictionary of units: cfg.json with the architecture `loupe:units`, which SAELens refuses; loupe.json, which names the model and says
 * how units are called; and, where units have directions, sae_weights.safetensors with `wDec` [units, dModel] and `bDec` [dModel].
 *
 * It depends on the model, the hook and `keep` alone: whoever makes it of the same model gets the same dictionary, by its hash too.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LoupeError } from '../../shared/errors.ts';
import { defaultKeep, unitsFactsSchema, unitsKind, type UnitsFacts } from '../../shared/schema/units.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { configFile, weightsFile } from '../formats/sae-lens.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { HookUnits } from '../lm/units.ts';
import { refuseNotFinite } from '../lm/weights.ts';
import type { DictionaryProvenance } from './dictionary.ts';
import { ownVariantOf } from './own-file.ts';
import { provenanceFile, readProvenance, writeProvenance } from './provenance.ts';
import { UnitsDictionary, type UnitRows } from './units-dictionary.ts';

function hashOf({ rows, bias }: UnitRows): string {
  const bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash('sha256').update(bytes(rows)).update(bytes(bias)).digest('hex');
}

/** How many units of a token count: what was asked for, else all where zeros are exact, else the default. Kind bad-request for more than there are. */
function keepOf({ count, exact, hook }: HookUnits, asked: number | null): number | null {
  if (asked !== null && asked > count) throw new LoupeError('bad-request', `keep: ${asked} is more than the ${count} units of ${hook}. Choose up to ${count}.`);
  return asked ?? (exact ? null : Math.min(defaultKeep, count));
}

function describe(model: Pick<LanguageModel, 'identity' | 'tokenizer' | 'config'>, found: HookUnits, keep: number | null): DictionaryProvenance {
  const { hook, count, names, kind, writes, noDirection, exact } = found;
  const facts: UnitsFacts = { units: count, names, layerKind: kind, keep, noDirection };
  return {
    format: 'loupe-dictionary', version: 1, variant: unitsKind, model: model.identity, corpus: null, hookPoint: hook, contextLength: model.config.contextLength,
    prependBos: model.tokenizer.prependsBos, config: { ...facts, signed: !exact, ...(writes === null ? {} : { targetHook: writes.hook, directions: hashOf(writes) }) },
    seed: 0, tokensSeen: 0, codeVersion: '', backend: '', check: { x: '', latents: '', reconstruction: '' },
  };
}

/** The units at a hook of a model as a dictionary on the backend. Kinds: unsupported (a hook without units), not-found, bad-request (keep). */
export function unitsOf(model: Pick<LanguageModel, 'identity' | 'tokenizer' | 'config' | 'units'>, hook: string, keep: number | null): UnitsDictionary {
  const found = model.units(hook);
  const provenance = describe(model, found, keepOf(found, keep));
  return new UnitsDictionary(unitsFactsSchema.parse(provenance.config), found.writes, provenance);
}

/** Writes the folder; cfg.json first, which tells what it will be, and loupe.json last. */
function write(folder: string, { dSae, dIn, dOut, wDec, bDec, provenance }: UnitsDictionary): void {
  mkdirSync(folder, { recursive: true });
  const metadata = { model_name: provenance.model?.name, hook_name: provenance.hookPoint };
  writeJsonAtomic(join(folder, configFile), { architecture: `loupe:${unitsKind}`, d_in: dIn, d_sae: dSae, d_out: dOut, sources: 1, dtype: 'float32', config: provenance.config, metadata });
  if (wDec.length > 0) {
    writeSafetensors(join(folder, weightsFile), { wDec: { dtype: 'F32', shape: [dSae, dOut], data: wDec }, bDec: { dtype: 'F32', shape: [dOut], data: bDec } });
  }
  writeProvenance(folder, provenance);
}

/** True where a folder holds units. Kind bad-file where its cfg.json is broken. */
export function isUnitsFolder(folder: string): boolean {
  return existsSync(join(folder, configFile)) && ownVariantOf(folder) === unitsKind;
}

/** Whether the folder holds these units already: null where it holds others. Kind conflict for anything else; what a killed process left is written again. */
function holds(folder: string, { provenance }: UnitsDictionary): boolean | null {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return false;
  if (!isUnitsFolder(folder)) throw new LoupeError('conflict', `${folder} holds something else. Choose another folder for the units.`);
  const found = readProvenance(folder);
  if (found === null) return false;
  return isDeepStrictEqual(found, JSON.parse(JSON.stringify(provenance))) ? true : null;
}

/** The first of the folder and its like, named after the hash, that holds these units or can. A model that was trained again leaves the units of the old one alone. */
function place(folder: string, units: UnitsDictionary): { readonly path: string; readonly there: boolean } {
  const { model, hookPoint, config } = units.provenance;
  const tag = createHash('sha256').update(JSON.stringify([model!.hash, hookPoint, config])).digest('hex').slice(0, 8);
  for (const path of [folder, `${folder}-${tag}`]) {
    const there = holds(path, units);
    if (there !== null) return { path, there };
  }
  throw new LoupeError('conflict', `${folder} holds the units of something else. Choose another folder.`);
}

/**
 * The folder made of a model's units, or found as it was made before, with its dictionary, which the caller disposes; `path` is another than `folder` where
 * that holds other units. Kinds: conflict (something that is no units lies there), and those of `unitsOf`.
 */
export function ensureUnits(folder: string, model: Pick<LanguageModel, 'identity' | 'tokenizer' | 'config' | 'units'>, hook: string, keep: number | null): { readonly path: string; readonly dictionary: UnitsDictionary } {
  const units = unitsOf(model, hook, keep);
  try {
    const { path, there } = place(folder, units);
    if (!there) write(path, units);
    // As everybody else will read it: the hash is over its provenance as it stands in the file.
    return { path, dictionary: readUnits(path)() };
  } finally {
    units.dispose();
  }
}

function readRows(folder: string, units: number): UnitRows {
  const file = openSafetensors(join(folder, weightsFile));
  try {
    const dOut = file.entries.get('bDec')?.shape[0] ?? 0;
    if (dOut < 1 || file.entries.get('bDec')!.shape.length !== 1 || file.entries.get('wDec')?.shape.join() !== `${units},${dOut}`) {
      throw new LoupeError('bad-file', `${join(folder, weightsFile)} has no wDec [${units}, dModel] and bDec [dModel]. Make the units again.`);
    }
    return { rows: file.readFloat32('wDec'), bias: file.readFloat32('bDec') };
  } finally {
    file.close();
  }
}

/** Reads a folder of `ensureUnits`; the result puts it on the backend. Kinds: bad-file, not-finite, mismatch (directions that are not those of loupe.json). */
export function readUnits(folder: string): () => UnitsDictionary {
  const provenance = readProvenance(folder);
  if (provenance === null) throw new LoupeError('bad-file', `${folder} has no ${provenanceFile}: copy the folder again as a whole.`);
  const parsed = unitsFactsSchema.safeParse(provenance.config);
  if (!parsed.success) throw new LoupeError('bad-file', `${join(folder, provenanceFile)}: config.${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}. Make the units again.`);
  if (parsed.data.noDirection !== null) return () => new UnitsDictionary(parsed.data, null, provenance);
  const rows = readRows(folder, parsed.data.units);
  refuseNotFinite(rows.rows, 'wDec', folder);
  refuseNotFinite(rows.bias, 'bDec', folder);
  if (provenance.config['directions'] !== hashOf(rows)) {
    throw new LoupeError('mismatch', `${folder}: the directions are not those that ${provenanceFile} names. Copy the folder again as a whole, or make the units again.`);
  }
  return () => new UnitsDictionary(parsed.data, rows, provenance);
}
