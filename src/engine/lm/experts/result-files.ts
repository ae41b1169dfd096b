/**
 * What attribution leaves in a run's folder: `experts.json`, and arrays in little-endian order that are read a layer at a time (docs/file-formats.md).
 */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { expertsResultSchema, type ExpertLayer, type ExpertUse, type ExpertsResult } from '../../../shared/schema/experts.ts';
import { vector, type TypedArray } from '../../../shared/schema/tensor.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic.ts';
import type { Attribution } from './attribute.ts';
import { wholeTokens } from './contexts.ts';

const files = { about: 'experts.json', masses: 'masses.f32', loads: 'loads.f32', owners: 'owners.i32', places: 'use-places.i32', weights: 'use-weights.f32', sample: 'sample.i32', texts: 'sample-texts.json' } as const;

export interface AttributionFiles {
  readonly about: ExpertsResult;
  readonly attribution: Attribution;
  readonly owners: readonly Int16Array[];
  /** Tokens of all domains, as `attributeExperts` was given them. */
  readonly tokens: readonly Int32Array[];
  readonly contextLength: number;
  /** A token as the studio shows it. */
  readonly show: (id: number) => string;
}

const bytesOf = (array: TypedArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Writes them all; `experts.json` comes last, so that a folder with it is whole. */
export function writeAttribution(folder: string, { about, attribution, owners, tokens, contextLength, show }: AttributionFiles): void {
  const write = (name: keyof typeof files, arrays: readonly TypedArray[]): void => writeFileAtomic(join(folder, files[name]), ...arrays.map(bytesOf));
  write('masses', attribution.masses.flat().map((mass) => Float32Array.from(mass)));
  write('loads', attribution.loads.flat().map((load) => Float32Array.from(load)));
  write('owners', owners.map((own) => Int32Array.from(own)));
  write('places', [attribution.uses.places]);
  write('weights', [attribution.uses.weights]);
  const sample = tokens.map((ids) => ids.subarray(0, wholeTokens(ids.length, contextLength)));
  write('sample', sample);
  const ids = [...new Set(sample.flatMap((own) => [...own]))];
  writeJsonAtomic(join(folder, files.texts), { contextLength, texts: Object.fromEntries(ids.map((id) => [id, show(id)])) });
  writeJsonAtomic(join(folder, files.about), about);
}

/** Kind not-found where there is no finished attribution in the folder, bad-file where it is broken. */
export function readAttribution(folder: string): ExpertsResult {
  const path = join(folder, files.about);
  if (!existsSync(path)) throw new LoupeError('not-found', 'this run has no experts to show yet: let it end, or start it again.');
  const parsed = expertsResultSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new LoupeError('bad-file', `${path} is not what Loupe wrote: attribute the model's experts anew.`);
  return parsed.data;
}

/** `count` numbers of 4 bytes from number `first` on. */
function readNumbers(folder: string, name: keyof typeof files, first: number, count: number): ArrayBuffer {
  const path = join(folder, files[name]);
  const bytes = new Uint8Array(4 * count);
  const fd = openSync(path, 'r');
  try {
    if (readSync(fd, bytes, 0, bytes.length, 4 * first) !== bytes.length) throw new LoupeError('bad-file', `${path} ends early: attribute the model's experts anew.`);
    return bytes.buffer;
  } finally {
    closeSync(fd);
  }
}

function checkPlace({ layers, experts }: ExpertsResult, layer: number, expert = 0): void {
  if (layer >= layers) throw new LoupeError('bad-request', `layer is ${layer}: the model has layers 0 to ${layers - 1}`);
  if (expert >= experts) throw new LoupeError('bad-request', `expert is ${expert}: a layer has experts 0 to ${experts - 1}`);
}

/** Kinds: not-found, bad-file, bad-request (no such layer). */
export function readExpertLayer(folder: string, layer: number): ExpertLayer {
  const about = readAttribution(folder);
  checkPlace(about, layer);
  const { experts } = about;
  const shape = [about.domains.length, experts];
  const each = about.domains.length * experts;
  return {
    masses: vector(new Float32Array(readNumbers(folder, 'masses', layer * each, each)), shape),
    loads: vector(new Float32Array(readNumbers(folder, 'loads', layer * each, each)), shape),
    owners: vector(new Int32Array(readNumbers(folder, 'owners', layer * experts, experts))),
  };
}

/** Tokens shown on either side of one. */
const around = 12;

const textsSchema = z.object({ contextLength: z.int().min(1), texts: z.record(z.string(), z.string()) });

/** The tokens that use an expert most, the strongest first, each in its context. Kinds as `readExpertLayer`. */
export function readExpertUses(folder: string, layer: number, expert: number): ExpertUse[] {
  const about = readAttribution(folder);
  checkPlace(about, layer, expert);
  if (about.uses === 0) return [];
  const first = (layer * about.experts + expert) * about.uses;
  const places = new Int32Array(readNumbers(folder, 'places', first, about.uses));
  const weights = new Float32Array(readNumbers(folder, 'weights', first, about.uses));
  const { contextLength, texts } = textsSchema.parse(JSON.parse(readFileSync(join(folder, files.texts), 'utf8')));
  const length = statSync(join(folder, files.sample)).size / 4;
  const starts = about.domains.map((_, domain) => about.domains.slice(0, domain).reduce((sum, { tokens }) => sum + tokens, 0));
  return [...places.keys()].filter((i) => places[i]! >= 0 && places[i]! < length).map((i) => {
    const place = places[i]!;
    const domain = starts.findLastIndex((start) => start <= place);
    const within = Math.min(contextLength, about.domains[domain]!.tokens);
    const context = starts[domain]! + Math.floor((place - starts[domain]!) / within) * within;
    const [from, to] = [Math.max(context, place - around), Math.min(context + within, place + around + 1, length)];
    const ids = new Int32Array(readNumbers(folder, 'sample', from, to - from));
    return { domain, weight: weights[i]!, texts: Array.from(ids, (id) => texts[String(id)] ?? `[${id}]`), at: place - from };
  });
}
