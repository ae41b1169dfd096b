/** What a model's experts are, from its files alone. */
import { LoupeError } from '../../../shared/errors.ts';
import type { ExpertModel } from '../../../shared/schema/experts.ts';
import type { ModelFiles } from '../open.ts';
import { openModel } from '../open.ts';
import { modelHash } from '../identity.ts';
import { expertsOf } from './experts-off.ts';

function hashOf(files: ModelFiles): string {
  const source = files.openWeights();
  try {
    return modelHash(source, files.weightFiles);
  } finally {
    source.close();
  }
}

/** `layout` null and no experts for a model that has none; its weights are hashed only where it has some. Kinds: those of opening a model. */
export function describeExperts(path: string): ExpertModel {
  const files = openModel(path);
  const { config } = files;
  const own = config.own?.config.arch;
  const common = { path: files.path, name: config.name, layers: config.layers };
  try {
    const { form, shape, experts } = expertsOf(config);
    return { ...common, hash: hashOf(files), kind: shape.kind.id, layout: form.layout, experts, units: form.units(shape.layer, shape.size, 0)[1] };
  } catch (error) {
    if (!(error instanceof LoupeError) || error.kind !== 'unsupported') throw error;
    return { ...common, hash: '', kind: own ?? files.family.id, layout: null, experts: 0, units: 0 };
  }
}
