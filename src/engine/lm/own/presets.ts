/** Sizes of models that come ready, for every kind of layer; a kind adds its own (layers/definition.ts). */
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import { layerKindById } from '../layers/registry.ts';
import type { OwnConfig } from './config.ts';

export interface Preset {
  readonly title: string;
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly context: number;
  readonly vocab: number;
  readonly tiedEmbeddings: boolean;
  readonly layer: Readonly<Record<string, unknown>>;
}

/** A preset by name, as a kind of layer has it. */
interface Common extends Omit<Preset, 'layer'> {
  readonly id: string;
}

const common: readonly Common[] = [
  { id: 'desktop-text', title: 'Text on a desktop, in bytes', layers: 4, dModel: 192, heads: 6, context: 256, vocab: 257, tiedEmbeddings: true },
  { id: 'desktop-chess', title: 'Chess on a desktop, in characters', layers: 4, dModel: 128, heads: 4, context: 256, vocab: 33, tiedEmbeddings: true },
  { id: 'paper-small', title: 'As GPT-2 small (Radford et al. 2019)', layers: 12, dModel: 768, heads: 12, context: 1024, vocab: 50_257, tiedEmbeddings: true },
  { id: 'paper-medium', title: 'As GPT-2 medium (Radford et al. 2019)', layers: 24, dModel: 1024, heads: 16, context: 1024, vocab: 50_257, tiedEmbeddings: true },
];

/** Names of the presets that an architecture has. */
export function presetNames(arch: string): string[] {
  return [...new Set([...common.map(({ id }) => id), ...Object.keys(layerKindById(arch).presets ?? {})])];
}

/** Kind bad-request for an unknown name, with the nearest and the list; kind defect for a kind's own preset without a size. */
export function presetByName(arch: string, name: string): Preset {
  const general = common.find(({ id }) => id === name);
  const own = layerKindById(arch).presets?.[name];
  if (general === undefined && own === undefined) {
    const near = nearestName(name, presetNames(arch));
    throw new LoupeError('bad-request', `preset: ${arch} has no "${name}"${near === undefined ? '' : `; did you mean ${near}?`} Its presets: ${presetNames(arch).join(', ')}`);
  }
  const { id: _id, ...base } = general ?? { id: name, title: name, tiedEmbeddings: own?.tiedEmbeddings ?? false, ...wholeSize(arch, name, own?.size ?? {}) };
  return { ...base, ...own?.size, tiedEmbeddings: own?.tiedEmbeddings ?? base.tiedEmbeddings, layer: (own?.layer ?? {}) as Preset['layer'] };
}

type Sizes = Pick<Preset, 'layers' | 'dModel' | 'heads' | 'context' | 'vocab'>;

function wholeSize(arch: string, name: string, size: Partial<Sizes>): Sizes {
  const { layers, dModel, heads, context, vocab } = size;
  if (layers === undefined || dModel === undefined || heads === undefined || context === undefined || vocab === undefined) {
    throw new LoupeError('defect', `the preset ${name} of ${arch} leaves a size out`);
  }
  return { layers, dModel, heads, context, vocab };
}

/** The preset as a model's config. */
export function presetConfig(arch: string, name: string): OwnConfig {
  const { title: _title, layer, ...sizes } = presetByName(arch, name);
  return { arch, ...sizes, layer: { ...layer } };
}
