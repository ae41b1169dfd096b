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

async function sweepForm(): Promise<JobForm> {
  const { sweepConfigSchema } = await import('./sweep/config.ts');
  return {
    kind: 'sweep', variant: null, title: 'Sweep', paper: null,
    summary: 'Trains many dictionaries on the same batches in one pass and compares them: base holds the fields that all share, grid the ones that vary.',
    schema: jsonSchema(sweepConfigSchema),
  };
}

/** The forms of every job that the engine runs. */
export async function jobForms(): Promise<JobForm[]> {
  return [await harvestForm(), ...(await trainForms()), await sweepForm()];
}
