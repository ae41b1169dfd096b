/** Forms that the studio builds from config schemas: JSON Schema with descriptions, units, defaults and ranges. */
import type { JobForm } from '../shared/schema/job.ts';
import { jsonSchema } from './json-schema.ts';

async function harvestForm(): Promise<JobForm> {
  const { harvestConfigSchema } = await import('./harvest/config.ts');
  return {
    kind: 'harvest', variant: null, title: 'Harvest activations', paper: null,
    summary: 'Runs a model over a corpus and keeps the activations at one or several hooks.',
    schema: jsonSchema(harvestConfigSchema),
  };
}

/** One form a dictionary variant: what every training takes, and what this variant adds. */
async function trainForms(): Promise<JobForm[]> {
  const [{ trainFormSchema }, { registry }] = await Promise.all([import('./train/config.ts'), import('./sae/registry.ts')]);
  return registry.map((definition) => ({
    kind: 'train', variant: definition.id, title: definition.title, summary: definition.summary, paper: definition.paper,
    schema: jsonSchema(trainFormSchema(definition)),
  }));
}

/** One form a kind of layer. */
async function lmTrainForms(): Promise<JobForm[]> {
  const [{ lmTrainFormSchema }, { layerKinds }] = await Promise.all([import('./lm/training/form.ts'), import('./lm/layers/registry.ts')]);
  return layerKinds.map((kind) => ({
    kind: 'lm-train', variant: kind.id, variantField: 'arch', title: kind.title, paper: kind.paper,
    summary: 'Trains a language model from nothing on text or chess; what its layers compute is read as features like any dictionary.', schema: jsonSchema(lmTrainFormSchema(kind)),
  }));
}

async function sweepForm(): Promise<JobForm> {
  const { sweepConfigSchema } = await import('./sweep/config.ts');
  return {
    kind: 'sweep', variant: null, title: 'Sweep', paper: null,
    summary: 'Trains many dictionaries on the same batches in one pass and compares them: base holds the fields that all share, grid the ones that vary.',
    schema: jsonSchema(sweepConfigSchema),
  };
}

async function sparsityForm(): Promise<JobForm> {
  const { sparsityConfigSchema } = await import('./lm/sparsity/config.ts');
  return {
    kind: 'lm-sparsity', variant: null, title: 'Study sparsity', paper: 'Li et al. 2022, arXiv 2210.06313',
    summary: 'Counts how many units of a language model fire, cuts layers to their largest units, and adds noise to the input: what the page Sparsity shows.', schema: jsonSchema(sparsityConfigSchema),
  };
}

/** The forms of every job that the engine runs. */
export async function jobForms(): Promise<JobForm[]> {
  return [await harvestForm(), ...(await trainForms()), await sweepForm(), ...(await lmTrainForms()), await sparsityForm()];
}
