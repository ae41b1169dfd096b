/** What a catalog's source says about the model and the dictionary that it was made with. Its provenance is somebody else's text. */
import { z } from 'zod';
import type { Source } from '../../shared/schema/catalog.ts';

const count = z.number().int().nonnegative();
const provenanceSchema = z.object({
  model: z.object({ dModel: count, layers: count }).optional().catch(undefined),
  store: z.object({ isolate: z.boolean() }).optional().catch(undefined),
  dictionary: z.object({ check: z.object({ x: z.string().max(200_000) }) }).optional().catch(undefined),
});

export interface WantedParts {
  readonly model: { readonly name: string; readonly hash: string; readonly dModel: number | null; readonly layers: number | null };
  /** `check`: the inputs of its check triple, where it has one. */
  readonly dictionary: { readonly name: string; readonly hash: string | null; readonly check: string | null };
  readonly hook: string;
  /** Attention stayed within documents. */
  readonly isolate: boolean;
}

type Described = Pick<Source, 'name' | 'modelName' | 'modelHash' | 'hookPoint' | 'dictionaryHash' | 'provenance'>;

function parsed(text: string): z.infer<typeof provenanceSchema> {
  try {
    return provenanceSchema.parse(JSON.parse(text));
  } catch {
    return { model: undefined, store: undefined, dictionary: undefined };
  }
}

export function wantedBy(source: Described): WantedParts {
  const { model, store, dictionary } = parsed(source.provenance);
  const check = dictionary?.check.x ?? '';
  return {
    model: { name: source.modelName, hash: source.modelHash, dModel: model?.dModel ?? null, layers: model?.layers ?? null },
    dictionary: { name: source.name, hash: source.dictionaryHash, check: check === '' ? null : check },
    hook: source.hookPoint, isolate: store?.isolate ?? false,
  };
}
