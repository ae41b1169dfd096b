/** The form of a training run: one for each kind of layer, with the kind's own fields among those that every run takes. */
import { z } from 'zod';
import type { AnyLayerKind } from '../layers/definition.ts';
import { presetNames } from '../own/presets.ts';
import { lmTrainConfigSchema } from './config.ts';

type FieldName = keyof typeof lmTrainConfigSchema.shape;

/** What is decided together stands together; details are known to work as they are. */
const groups: readonly (readonly [group: string, fields: readonly FieldName[]])[] = [
  ['Data', ['data', 'tokenizer', 'out', 'tokens', 'validTokens']],
  ['Model', ['layers', 'dModel', 'heads', 'context', 'tiedEmbeddings', 'from']],
  ['Training', ['steps', 'batch', 'accumulate', 'lr', 'seed']],
  ['Details', ['warmupFraction', 'minimumLr', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'clip', 'logEvery', 'validEvery', 'checkpointEvery', 'dtype']],
];

const { shape } = lmTrainConfigSchema;

/** A field of the layer that may be left empty: then it is the preset's, which a default of the schema would hide. */
function layerField(field: z.ZodType): z.ZodType {
  const inner = field instanceof z.ZodDefault ? field.removeDefault() : field;
  const bare = (inner instanceof z.ZodNullable ? inner.unwrap() : inner) as z.ZodType;
  const { description, ...meta } = field.meta() ?? {};
  return bare.nullable().optional().meta({ ...meta, description: description ?? '' });
}

function layerFields(kind: AnyLayerKind): z.ZodObject {
  const fields = Object.entries(kind.config.shape as Record<string, z.ZodType>).map(([name, field]) => [name, layerField(field)] as const);
  return z.strictObject(Object.fromEntries(fields));
}

/** Every field of a run with layers of this kind, each with its description, unit, range and group, in the order in which a form shows them. */
export function lmTrainFormSchema(kind: AnyLayerKind): z.ZodObject {
  const fields: Record<string, z.ZodType> = { arch: z.literal(kind.id).default(kind.id).describe('Kind of layer') };
  const suggestions: Partial<Record<FieldName, Record<string, unknown>>> = {
    data: { examples: ['text', 'chess'], pick: 'corpus' }, tokenizer: { examples: ['bytes', 'chess', 'bpe:2048', 'bpe:8192'] },
    from: { pick: 'model' },
  };
  for (const [group, names] of groups) {
    if (group === 'Model') fields['preset'] = z.enum(presetNames(kind.id) as [string, ...string[]]).default('desktop-text').describe('Sizes that come ready; fields below win').meta({ group });
    for (const name of names) fields[name] = (shape[name] as z.ZodType).meta({ group, ...suggestions[name] });
    if (group === 'Model') fields['layer'] = layerFields(kind).default({}).meta({ group: 'Layer' });
  }
  return z.strictObject(fields);
}

/** Fields of a run that no form shows; the test holds this empty. */
export function hiddenFields(): string[] {
  const shown = new Set<string>(['arch', 'preset', 'layer', ...groups.flatMap(([, names]) => names)]);
  return Object.keys(shape).filter((name) => !shown.has(name));
}
