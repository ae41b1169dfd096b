/** `loupe lm catalog`: the units of a model's layers over a text as one catalog, a source a layer. One command from model to catalog. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../engine/config-issues.ts';
import { isBuiltIn } from '../../engine/corpora/registry.ts';
import type { JobContext } from '../../engine/job.ts';
import { loadJob } from '../../engine/jobs.ts';
import { inspectModel } from '../../engine/lm/load.ts';
import { isUnitsHook, layerOfHook } from '../../engine/lm/units.ts';
import { buildConfigSchema } from '../../main/catalog/build-config.ts';
import { buildCatalog } from '../../main/catalog/build.ts';
import { unitsFolder } from '../../main/catalog/units-folder.ts';
import { mostUnits } from '../../shared/schema/units.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { ModelInfo } from '../../shared/schema/workspace.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { required, wholeNumber } from '../options.ts';
import { buildFolder } from './catalog-build.ts';

type Options = Readonly<Record<string, unknown>>;

/** A longer context is not needed to see what units fire on. */
const usualContext = 256;

interface Layer {
  readonly layer: number;
  readonly hook: string;
  readonly units: number;
}

/** The layers that "0-3", "2" or "0,2,5" names, rising. Kind bad-request names what is wrong. */
export function layersOf(text: string | undefined, model: Pick<ModelInfo, 'hooks' | 'name'>): Layer[] {
  const all = model.hooks.filter(({ name }) => isUnitsHook(name)).map(({ name, d }) => ({ layer: layerOfHook(name), hook: name, units: d }));
  if (text === undefined) return all;
  const wanted = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || last < first || last >= all.length) {
      throw new LoupeError('bad-request', `--layers is "${text}": name layers of ${model.name} from 0 to ${all.length - 1}, like 0-${all.length - 1} or 0,${all.length - 1}`);
    }
    for (let layer = first; layer <= last; layer++) wanted.add(layer);
  }
  return all.filter(({ layer }) => wanted.has(layer));
}

/** Kind unsupported where the units of one layer are too many to be held as they are, with what they would take. */
export function refuseWide(layers: readonly Layer[], tokens: number): void {
  const wide = layers.find(({ units }) => units > mostUnits);
  if (wide === undefined) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toLocaleString('en-US', { maximumFractionDigits: 1 })} GB`;
  throw new LoupeError('unsupported', `--layers: ${wide.hook} has ${wide.units.toLocaleString('en-US')} units, which take ${gigabytes(2 * wide.units * tokens)} of disk for ${tokens.toLocaleString('en-US')} tokens and `
    + `${gigabytes(4 * 4096 * wide.units)} of memory for a batch: up to ${mostUnits.toLocaleString('en-US')} units a layer can be put into a catalog. Experts of larger models are measured by loupe lm purge and the Experts page.`);
}

function configure(command: Command): void {
  command
    .option('--model <path>', 'a model that Loupe trained, or any other')
    .option('--data <what>', 'what it reads: chess (the games of loupe data chess), text (the sample corpus), or a file, a folder or a built-in corpus')
    .option('--out <file>', 'the catalog; one that exists gets further sources, an unfinished run is continued')
    .option('--tokens <n>', 'tokens that are counted (default: 100000)')
    .option('--layers <list>', 'layers, like 0-3 or 1,3 (default: all)')
    .option('--keep <n>', 'units of a token that count, the largest (default: all that are not 0; 64 where none ever is, as behind a GELU)')
    .option('--context-length <n>', `tokens of a context (default: the model's, ${usualContext} at most)`)
    .option('--labels', 'first guesses of labels by rule; off where tokens are characters', undefined)
    .option('--no-labels', 'leave them out');
}

interface Plan {
  readonly model: string;
  readonly corpus: string;
  readonly out: string;
  readonly tokens: number;
  readonly contextLength: number;
  readonly keep: number | null;
  readonly layers: readonly Layer[];
  readonly labels: boolean;
}

function planOf(options: Options): Plan {
  const model = resolve(required(options, 'model', 'the folder of a model'));
  const info = inspectModel(model);
  const data = required(options, 'data', 'chess, text, or a file');
  const corpus = data === 'text' ? 'wordnet' : isBuiltIn(data) ? data : resolve(data);
  const number = (name: string, otherwise: number, most: number): number => (options[name] === undefined ? otherwise : wholeNumber(options, name, 1, most));
  const tokens = number('tokens', 100_000, 1e9);
  const layers = layersOf(options['layers'] as string | undefined, info);
  refuseWide(layers, tokens);
  return {
    model, corpus, out: resolve(required(options, 'out', 'the file of the catalog')), tokens, contextLength: number('contextLength', Math.min(usualContext, info.contextLength), info.contextLength),
    keep: options['keep'] === undefined ? null : wholeNumber(options, 'keep', 1, 1 << 22), layers, labels: options['labels'] === undefined ? info.vocab > characters : options['labels'] === true,
  };
}

/** Up to so many tokens are characters or bytes: of words, which rules are made of, there are none. */
const characters = 300;

async function inProcess(kind: 'harvest' | 'statistics', config: Readonly<Record<string, unknown>>, context: JobContext): Promise<Record<string, unknown>> {
  const { schema, run } = await loadJob(kind);
  return run(parseConfig(schema, config), context);
}

/** Adds the layer's source. */
async function buildLayer(plan: Plan, { layer, hook }: Layer, store: string, folder: string, context: CliContext): Promise<Record<string, unknown>> {
  const { model, out, keep, labels } = plan;
  const config = parseConfig(buildConfigSchema, { store, model, features: 'units', keep, hook, labels, out, seed: context.seed, dictionary: unitsFolder(context.workspace, model, hook, keep) });
  const { signal, progress, log } = context;
  const result = await buildCatalog(config, { signal, progress, log, metrics: () => {}, folder: join(folder, `layer-${layer}`) }, (statistics, inner) => inProcess('statistics', statistics, inner));
  return { layer, ...result };
}

export const command: CliCommand = {
  name: 'lm catalog',
  summary: "The units of a model's layers over a text as one catalog, a source a layer",
  configure,
  async run(_args, options, context) {
    const plan = planOf(options);
    const folder = buildFolder(plan.out);
    mkdirSync(folder, { recursive: true });
    const { signal, progress, log } = context;
    const store = join(folder, 'store');
    const { model, corpus, tokens, contextLength, layers } = plan;
    const harvest = { model, corpus, tokens, contextLength, hooks: layers.map(({ hook }) => hook), out: store, seed: context.seed };
    await inProcess('harvest', harvest, { signal, progress, log, metrics: () => {}, folder: store });
    const sources: Record<string, unknown>[] = [];
    for (const layer of layers) sources.push(await buildLayer(plan, layer, store, folder, context));
    rmSync(folder, { recursive: true, force: true });
    const line = ({ layer, features, dead }: Record<string, unknown>): string => `layer ${String(layer)}: ${Number(features).toLocaleString('en-US')} units, ${Number(dead).toLocaleString('en-US')} of them never fire`;
    return { json: { catalog: plan.out, model: basename(model), tokens, labels: plan.labels, sources }, text: [...sources.map(line), plan.out].join('\n') };
  },
};
