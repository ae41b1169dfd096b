/** What a model that Loupe trains is, told from its config.json alone. */
import type { z } from 'zod';
import type { LmFacts } from '../../../shared/schema/lm.ts';
import { openModel } from '../open.ts';
import { shapeOf, type OwnShape } from './config.ts';
import { countParameters } from './parameters.ts';

/** The fields of the layer as they are, with what each means. */
function layerFields({ kind, layer }: OwnShape): LmFacts['layer'] {
  const values = layer as Readonly<Record<string, unknown>>;
  return Object.entries(kind.config.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, unit } = field.meta() ?? {};
    return { name, value: values[name] ?? null, description: description ?? '', unit: typeof unit === 'string' ? unit : '' };
  });
}

/** Null for a model of another family. Nothing of the weights is read. Kinds: those of opening a model. */
export function lmFacts(path: string): LmFacts | null {
  const { own } = openModel(path).config;
  if (own === undefined) return null;
  const shape = shapeOf(own.config);
  const { kind, layer, size, config } = shape;
  const { total, active, ...parts } = countParameters(shape);
  const units = kind.units(layer, size);
  return {
    arch: kind.id, title: kind.title, paper: kind.paper, sizes: { ...size }, tiedEmbeddings: config.tiedEmbeddings, layer: layerFields(shape),
    units: { count: units, names: [...new Set([0, units - 1])].map((unit) => kind.unitName(layer, size, unit)) },
    parameters: { total, active, parts },
  };
}
