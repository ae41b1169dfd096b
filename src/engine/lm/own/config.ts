/** The shape of a language model that Loupe trains: its kind of layer, sizes, and what config.json says of them. */
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { describeIssues } from '../../config-issues.ts';
import type { AnyLayerKind, BlockForm, ModelSize } from '../layers/definition.ts';
import { preNorm } from '../layers/pre-norm.ts';
import { layerKindById } from '../layers/registry.ts';

/** `model_type` of config.json. */
export const ownModelType = 'loupe';

const count = (most: number): z.ZodInt => z.int().min(1).max(most);

/** Sizes as they are given to a run and stand in config.json. */
export const sizeFields = {
  layers: count(512).default(4).describe('Blocks').meta({ unit: 'blocks' }),
  dModel: count(65_536).default(192).describe('Width of the residual stream'),
  heads: count(1024).default(6).describe('Attention heads; dModel is divisible by them'),
  context: z.int().min(2).max(1 << 20).default(256).describe('Length of a context').meta({ unit: 'tokens' }),
} as const;

export const ownConfigSchema = z.strictObject({
  arch: z.string().max(64).default('dense').describe('Kind of layer'),
  ...sizeFields,
  vocab: count(1 << 22).describe('Tokens of the vocabulary'),
  tiedEmbeddings: z.boolean().default(true).describe('The unembedding is the embedding'),
  layer: z.record(z.string(), z.unknown()).default({}).describe("The layer's own fields"),
});

export type OwnConfig = z.infer<typeof ownConfigSchema>;

/** A config with its kind, everything checked. */
export interface OwnShape {
  readonly config: OwnConfig;
  readonly kind: AnyLayerKind;
  /** The layer's config with its defaults. */
  readonly layer: unknown;
  readonly form: BlockForm;
  readonly size: ModelSize;
}

/** The layer's fields with their defaults. Kind bad-config names each that is wrong. */
function parseLayer(kind: AnyLayerKind, fields: unknown): unknown {
  const parsed = kind.config.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-config', `${kind.id}: ${describeIssues(parsed.error, Object.keys(kind.config.shape))}`);
}

/** Kinds: bad-request (an unknown architecture), bad-config (sizes that do not fit together, a field of the layer). */
export function shapeOf(config: OwnConfig): OwnShape {
  const { arch, layers, dModel, heads, context, vocab } = config;
  const kind = layerKindById(arch);
  const layer = parseLayer(kind, config.layer);
  if (dModel % heads !== 0) throw new LoupeError('bad-config', `dModel is ${dModel} and heads is ${heads}: choose a width that the heads divide, like ${heads * Math.max(1, Math.round(dModel / heads))}.`);
  const size = { layers, dModel, heads, context, vocab };
  const problem = kind.problem?.(layer, size) ?? null;
  if (problem !== null) throw new LoupeError('bad-config', `${kind.id}: ${problem}`);
  return { config, kind, layer, form: kind.block?.(layer) ?? preNorm, size };
}

/** Hooks of a block's layer in the order of the pass, with their widths. */
export function layerHooks({ kind, layer, size }: OwnShape): readonly (readonly [name: string, width: number])[] {
  const units = kind.units(layer, size);
  return [...(kind.hooks?.(layer, size) ?? [['mlp.hook_pre', units] as const]), ['mlp.hook_post', units]];
}
