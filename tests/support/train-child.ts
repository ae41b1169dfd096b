/** A training run in a process of its own, to be killed: node train-child.ts FOLDER BACKEND. Prints "step N" as it goes, "done" last. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { SynSource, defaultSyn } from '../../src/engine/sae/synthetic/source.ts';
import { trainFrom } from '../../src/engine/train/job.ts';
import { useBackend } from './backends.ts';
import { quietContext, smallConfig } from './trained.ts';

const [folder, backend] = process.argv.slice(2) as [string, 'tensorflow' | 'cpu'];
await useBackend(backend);
await trainFrom(new SynSource(defaultSyn, 1), smallConfig(join(folder, 'dictionary')), quietContext(folder, undefined, {
  progress: ({ phase, step }) => { writeSync(1, `${phase} ${step}\n`); },
}));
writeSync(1, 'done\n');
