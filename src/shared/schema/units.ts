/** What a source whose features are the units of a layer says of them, in its provenance. */
import { z } from 'zod';
import { unitNamesSchema } from '../unit-names.ts';

/** `kind` of such a source, and the variant of its dictionary. */
export const unitsKind = 'units';

/** Units of a token that count where none is ever exactly 0 (our choice). */
export const defaultKeep = 64;

/** Units of a layer that can be put into a catalog: a batch of the encoding pass holds 4,096 rows of all of them in float32, 1 GiB at this many. */
export const mostUnits = 65_536;

const count = z.number().int().positive();

/** The config of a dictionary of units. */
export const unitsFactsSchema = z.object({
  units: count,
  names: unitNamesSchema,
  /** The kind of layer: "moe-x", "MoE-X". */
  layerKind: z.object({ id: z.string().max(64), title: z.string().max(200) }),
  /** Of units that are never exactly 0: how many count on a token, the largest by size. null: all that are not 0. */
  keep: count.nullable(),
  /** Why units have no direction of their own; null where each has one. */
  noDirection: z.string().max(500).nullable(),
});

export type UnitsFacts = z.infer<typeof unitsFactsSchema>;

const provenanceSchema = z.object({ dictionary: z.object({ config: unitsFactsSchema }) });

/** The facts of a source of units; null for another kind of source, and where its provenance, which anybody may have written, does not say them. */
export function unitsFactsOf({ kind, provenance }: { readonly kind: string; readonly provenance: string }): UnitsFacts | null {
  if (kind !== unitsKind) return null;
  try {
    return provenanceSchema.parse(JSON.parse(provenance)).dictionary.config;
  } catch {
    return null;
  }
}
