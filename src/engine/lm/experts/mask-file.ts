/** Experts that are switched off, as a file and as what crosses processes (docs/file-formats.md, *Purges*). */
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { expertLimits, type LayerExperts } from '../../../shared/schema/experts.ts';
import { describeIssues } from '../../config-issues.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { readJsonFile } from '../../tokenizers/load.ts';
import type { LanguageModel } from '../definition.ts';
import { ExpertSet } from './expert-set.ts';
import { ExpertsOff, checkExpertsOff, expertsOf } from './experts-off.ts';

const format = 'loupe-experts-off';
const base64 = z.string().max(1 << 20).regex(/^[A-Za-z0-9+/]*={0,2}$/u, 'expected base64');

const fileSchema = z.strictObject({
  format: z.literal(format), version: z.literal(1),
  model: z.strictObject({ name: z.string().max(4096), hash: z.string().min(1).max(200) }),
  /** Of each layer of the model. */
  experts: z.int().min(1).max(1 << 22),
  about: z.string().max(10_000),
  layers: z.array(z.strictObject({ layer: z.int().min(0).max(expertLimits.layers), off: base64 })).max(expertLimits.layers),
});

/** Kinds: mismatch (bits of another number of experts), bad-request (a layer twice, nothing left of one). */
export function decodeOff(experts: number, layers: readonly LayerExperts[]): ExpertsOff {
  const sets = new Map<number, ExpertSet>();
  for (const { layer, experts: bits } of layers) {
    if (sets.has(layer)) throw new LoupeError('bad-request', `the purge names layer ${layer} twice`);
    sets.set(layer, new ExpertSet(experts, new Uint8Array(Buffer.from(bits, 'base64'))));
  }
  return new ExpertsOff(sets);
}

/** The same experts as `decodeOff` takes them. */
export function encodeOff(off: ExpertsOff): LayerExperts[] {
  return [...off.layers].map(([layer, { bytes }]) => ({ layer, experts: Buffer.from(bytes).toString('base64') }));
}

/** Writes the file for the model that the experts are of; `about` says in words what they are. */
export function writeMaskFile(path: string, { config, identity }: Pick<LanguageModel, 'config' | 'identity'>, off: ExpertsOff, about: string): void {
  const layers = encodeOff(off).map(({ layer, experts }) => ({ layer, off: experts }));
  writeJsonAtomic(path, { format, version: 1, model: { name: identity.name, hash: identity.hash }, experts: expertsOf(config).experts, about, layers });
}

/**
 * Reads the file for a model. Kinds: not-found, bad-file (no such file as Loupe writes), mismatch (another model's, by its hash), bad-request (a layer without an expert left),
 * unsupported (a model without experts).
 */
export function readMaskFile(path: string, { config, identity }: Pick<LanguageModel, 'config' | 'identity'>): ExpertsOff {
  const { experts } = expertsOf(config);
  const parsed = fileSchema.safeParse(readJsonFile(path, 1 << 28));
  if (!parsed.success) throw new LoupeError('bad-file', `${path} is no file of switched-off experts (${describeIssues(parsed.error, Object.keys(fileSchema.shape))}). Make one with: loupe lm purge --save FILE.`);
  const { model, experts: of, layers } = parsed.data;
  if (model.hash !== identity.hash || of !== experts) throw new LoupeError('mismatch', `${path} switches experts of ${model.name} (hash ${model.hash.slice(0, 12)}) off, and the model given is ${identity.name} (hash ${identity.hash.slice(0, 12)}). Attribute and purge this one anew.`);
  const off = decodeOff(experts, layers.map(({ layer, off: bits }) => ({ layer, experts: bits })));
  checkExpertsOff(config, off);
  return off;
}
