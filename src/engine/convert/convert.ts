/** Converts a dictionary from one format to another, and proves that what was written computes what was read. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { asideName, syncFolder } from '../files/atomic.ts';
import { describe, fitsSaeLens, metadataOf, writeSaeLens } from '../formats/sae-lens.ts';
import type { Dictionary, DictionaryProvenance } from '../sae/dictionary.ts';
import { denseLatents, LoadedDictionary } from '../sae/inference.ts';
import { isOwnFolder, loadDictionary } from '../sae/load.ts';
import { writeOwn } from '../sae/own-file.ts';
import { makeCheck, provenanceFile, readProvenance, verifyCheck, writeProvenance } from '../sae/provenance.ts';
import { UnitsDictionary } from '../sae/units-dictionary.ts';
import type { PlainForm } from '../sae/weights.ts';
import type { DictionaryFormat, PortableDictionary } from './definition.ts';
import { withCentring } from './fold.ts';
import { detectFormat, foreignProvenance, openForeign } from './open-foreign.ts';
import type { Layout } from './open-foreign.ts';
import { aboutOf, ownForm, portableOf } from './portable.ts';
import { formatById, formats } from './registry.ts';
import { metadataFor, saeLens } from './saelens.ts';

/** A folder of Loupe: SAELens' files where SAELens computes the same, `loupe:<variant>` otherwise, and loupe.json. */
export const loupeFormat = 'loupe';
/** The source's format is found by its files. */
export const automatic = 'auto';
export const formatNames: readonly string[] = [loupeFormat, ...formats.map(({ id }) => id)];

export interface ConvertRequest {
  readonly source: string;
  readonly destination: string;
  /** `auto`, `loupe` or a format's id. */
  readonly from: string;
  readonly to: string;
  readonly layout: Layout;
}

export interface ConvertResult {
  readonly from: string;
  readonly to: string;
  readonly dIn: number;
  readonly dSae: number;
  readonly dOut: number;
  readonly form: PlainForm['kind'];
  readonly notes: readonly string[];
  readonly difference: Agreement;
}

/** How far what was written is from what was read, on the inputs of the check: sums of |difference| as shares. */
export interface Agreement {
  readonly latents: number;
  readonly reconstruction: number;
}

interface Source extends PortableDictionary {
  readonly from: string;
  readonly provenance: DictionaryProvenance;
}

/** The weights of loupe.json's dictionary must compute what it says; kind mismatch. */
function verified(dictionary: PortableDictionary, provenance: DictionaryProvenance, path: string): void {
  const loaded = new LoadedDictionary(dictionary.weights, provenance);
  try {
    verifyCheck(loaded, provenance.check, path);
  } finally {
    loaded.dispose();
  }
}

async function openOwn(path: string): Promise<Source> {
  const dictionary = await loadDictionary(path);
  try {
    if (dictionary instanceof UnitsDictionary) throw new LoupeError('unsupported', `${path} holds the units of a layer, which other programs read off the model itself: there is nothing to convert.`);
    return { ...portableOf(dictionary), from: loupeFormat, provenance: dictionary.provenance };
  } finally {
    dictionary.dispose();
  }
}

function sourceFormat({ from, source }: ConvertRequest): DictionaryFormat {
  if (from === automatic) return detectFormat(source);
  if (from !== loupeFormat) return formatById(from, '--from', [automatic, loupeFormat]);
  if (existsSync(join(source, provenanceFile))) return saeLens;
  throw new LoupeError('not-found', `${source} has no ${provenanceFile}: it is no dictionary of Loupe. Leave --from out, or name another format.`);
}

async function openSource(request: ConvertRequest): Promise<Source> {
  const { source, layout, from } = request;
  if (!existsSync(source)) throw new LoupeError('not-found', `there is no dictionary ${source}. Check the path.`);
  await loadBackend();
  if (isOwnFolder(source) && (from === automatic || from === loupeFormat)) return openOwn(source);
  const format = sourceFormat(request);
  const stored = readProvenance(source);
  const checked = stored !== null && stored.check.x !== '';
  const foreign = openForeign(source, checked && layout === 'ask' ? 'documented' : layout, format);
  if (stored === null) return { ...foreign, from: format.id, provenance: foreignProvenance(foreign.about) };
  verified(foreign, stored, source);
  const about = { ...aboutOf(stored, foreign.about.sources), k: foreign.about.k ?? aboutOf(stored).k };
  return { weights: foreign.weights, about, notes: foreign.notes, from: format.id, provenance: stored };
}

/** Inputs for a stored check of a dictionary that came without: as large as it takes for some latents to fire. */
function checkOf(source: Source): DictionaryProvenance['check'] {
  if (source.provenance.check.x !== '') return source.provenance.check;
  const loaded = new LoadedDictionary(source.weights, source.provenance);
  try {
    for (let rms = 1; ; rms *= 4) {
      const check = makeCheck(loaded, rms);
      if (rms > 1e6 || Buffer.from(check.latents, 'base64').some((byte) => byte !== 0)) return check;
    }
  } finally {
    loaded.dispose();
  }
}

/** A folder of Loupe. Kind unsupported where neither SAELens nor a variant of ours holds the function. */
function writeLoupe(place: string, source: Source): readonly string[] {
  const metadata = metadataFor(source.about);
  if (source.about.sources === 1 && fitsSaeLens(source.weights)) {
    writeSaeLens(place, source.weights, metadata);
    return [];
  }
  const weights = withCentring(source.weights, false);
  const own = ownForm({ ...source, weights });
  if (own === null) throw new LoupeError('unsupported', `Loupe has no dictionary that computes ${describe(source.weights)}.`);
  writeOwn(place, own.id, own.own, metadataOf(metadata));
  return weights === source.weights ? [] : ['b_dec was moved out of the input; the encoder bias makes up for it'];
}

/** The sum of |a - b| as a share of the sum of |a|. */
function share(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += Math.abs(a[i]! - b[i]!);
    size += Math.abs(a[i]!);
  }
  return size === 0 ? difference : difference / size;
}

/** Reads back what was written, holds it against the check, and says how far it is from the source on the check's inputs. Kind mismatch. */
async function prove(place: string, path: string, format: DictionaryFormat | null, source: Source, check: DictionaryProvenance['check']): Promise<Agreement> {
  const written = format === null ? await loadDictionary(place) : new LoadedDictionary(format.read(place, path).weights, source.provenance);
  const original = new LoadedDictionary(source.weights, source.provenance);
  try {
    verifyCheck(written, check, path);
    const x = new Float32Array(Uint8Array.from(Buffer.from(check.x, 'base64')).buffer);
    const rows = x.length / original.dIn;
    const latents = (dictionary: Dictionary): Float32Array => denseLatents(dictionary.encode(x, rows), dictionary.dSae);
    return { latents: share(latents(original), latents(written)), reconstruction: share(original.reconstruct(x, rows), written.reconstruct(x, rows)) };
  } finally {
    written.dispose();
    original.dispose();
  }
}

/**
 * Converts. The destination must not exist; it appears when it is complete and has been read back. Folders get a loupe.json, whose check lets every
 * later reader find out that matrices were transposed or scaled.
 *
 * Kinds: not-found, bad-file, bad-request (formats, layout), unsupported (the function would change), conflict, mismatch, not-finite.
 */
export async function convertDictionary(request: ConvertRequest): Promise<ConvertResult> {
  const { destination, to } = request;
  const format = to === loupeFormat ? null : formatById(to, '--to', [loupeFormat]);
  if (existsSync(destination)) throw new LoupeError('conflict', `${destination} exists already. Name another place, or remove it first.`);
  const source = await openSource(request);
  const converted = { format: source.from, name: basename(request.source), writer: source.about.writer };
  const provenance: DictionaryProvenance = { ...source.provenance, config: { ...source.provenance.config, convertedFrom: converted }, check: checkOf(source) };
  let notes: readonly string[] = [];
  const write = (place: string): void => {
    notes = format === null ? writeLoupe(place, source) : format.write(place, source, destination);
    if (format?.file !== true) writeProvenance(place, provenance);
  };
  const difference = await writeProven(destination, format, write, (place) => prove(place, destination, format, source, provenance.check));
  const { dIn, dSae, dOut, form } = source.weights;
  return { from: source.from, to, dIn, dSae, dOut, form: form.kind, notes: [...source.notes, ...notes], difference };
}

/** Writes aside, reads back, compares, and only then puts the folder or file in place. Nothing is left behind on an error. */
async function writeProven(
  path: string, format: DictionaryFormat | null, write: (place: string) => void, prove: (place: string) => Promise<Agreement>,
): Promise<Agreement> {
  const aside = asideName(path);
  mkdirSync(format?.file === true ? dirname(path) : aside, { recursive: true });
  try {
    write(aside);
    const agreement = await prove(aside);
    renameSync(aside, path);
    syncFolder(dirname(path));
    return agreement;
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}
