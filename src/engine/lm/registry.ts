/** Every model family that Loupe computes. To add one: a file in `models/`, and a line here (docs/add-a-model-family.md). */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import type { ModelFamily } from './definition.ts';
import { gemma2 } from './models/gemma2.ts';
import { gpt2 } from './models/gpt2.ts';
import { gptNeox } from './models/gpt-neox.ts';
import { llama } from './models/llama.ts';
import { loupe } from './models/loupe.ts';
import { mistral } from './models/mistral.ts';
import { qwen2 } from './models/qwen2.ts';
import { qwen3 } from './models/qwen3.ts';

export const families: readonly ModelFamily[] = [gpt2, llama, gptNeox, qwen2, qwen3, mistral, gemma2, loupe];

/** An index of the families by one of their lists of names; a name in two families is a defect, found when this file is loaded. */
function indexed(namesOf: (family: ModelFamily) => readonly string[]): ReadonlyMap<string, ModelFamily> {
  const index = new Map<string, ModelFamily>();
  for (const family of families) {
    for (const name of namesOf(family)) {
      if (index.has(name)) throw new LoupeError('defect', `two model families are named ${name}`);
      index.set(name, family);
    }
  }
  return index;
}

const byModelType = indexed((family) => family.modelTypes);
const byGgufArchitecture = indexed((family) => family.ggufArchitectures);
indexed((family) => [family.id]);

function familyOf(index: ReadonlyMap<string, ModelFamily>, architecture: unknown, path: string): ModelFamily {
  const found = typeof architecture === 'string' ? index.get(architecture) : undefined;
  if (found !== undefined) return found;
  const near = typeof architecture === 'string' ? nearestName(architecture, index.keys()) : undefined;
  const hint = near === undefined ? '' : ` The nearest is ${near}.`;
  throw new LoupeError('unsupported', `${path} has the architecture ${JSON.stringify(architecture ?? null)}. Loupe computes ${[...index.keys()].join(', ')}.${hint}`);
}

/** The family of a config.json's `model_type`. Kind unsupported names those that there are, and the nearest. */
export function familyOfModelType(modelType: unknown, path: string): ModelFamily {
  return familyOf(byModelType, modelType, path);
}

/** The family of a GGUF file's `general.architecture`. Kind unsupported, as above. */
export function familyOfGguf(architecture: unknown, path: string): ModelFamily {
  return familyOf(byGgufArchitecture, architecture, path);
}
