/** `loupe eval`: reconstruction and sparsity of a dictionary over a store, exact and streamed. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { evaluateDictionary } from '../../engine/eval/reconstruction.ts';
import type { EvaluationRows } from '../../engine/eval/reconstruction.ts';
import { breathe } from '../../engine/job.ts';
import { loadDictionary } from '../../engine/sae/load.ts';
import { openStore } from '../../engine/store/open.ts';
import type { ActivationStore } from '../../engine/store/types.ts';
import { LoupeError } from '../../shared/errors.ts';
import { metricById, tokenSet } from '../../shared/metrics.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

const contextsAtATime = 16;

function* rowsOf(store: ActivationStore, hook: string, firstContext: number): Generator<EvaluationRows> {
  const { contexts, contextLength } = store.manifest;
  for (let context = firstContext; context < contexts; context += contextsAtATime) {
    const count = Math.min(contextsAtATime, contexts - context);
    yield { x: store.activations(hook, context, count), rows: count * contextLength, mask: store.mask(context, count) };
  }
}

/** The hook to read, checked to be as wide as the dictionary. Kind mismatch. */
function hookFor(store: ActivationStore, asked: string, dIn: number): string {
  const { hooks } = store.manifest;
  const hook = hooks.find(({ name }) => name === asked) ?? (hooks.length === 1 ? hooks[0] : undefined);
  if (hook === undefined) throw new LoupeError('not-found', `${store.folder} has no hook "${asked}": set --hook to one of ${hooks.map(({ name }) => name).join(', ')}`);
  if (hook.d === dIn) return hook.name;
  throw new LoupeError('mismatch', `${hook.name} of ${store.folder} is ${hook.d} wide, the dictionary reads ${dIn}: it belongs to another hook or model`);
}

function configure(command: Command): void {
  command
    .option('--dictionary <dir>', 'folder of the dictionary')
    .option('--activations <dir>', 'activation store')
    .option('--hook <name>', "hook of the store; the dictionary's own by default")
    .option('--last <n>', 'only the last n tokens, in whole contexts');
}

/** The definition of each figure, beside the figures. */
function definitionsOf(figures: object): Record<string, string> {
  return Object.fromEntries(Object.keys(figures).flatMap((name) => (metricById(name) === undefined ? [] : [[name, metricById(name)!.formula]])));
}

export const command: CliCommand = {
  name: 'eval',
  summary: 'How well a dictionary reconstructs stored activations',
  configure,
  async run(_args, options, context) {
    const folder = resolve(required(options, 'dictionary', 'the folder of a dictionary'));
    const store = openStore(resolve(required(options, 'activations', 'the folder of a store')));
    const dictionary = await loadDictionary(folder);
    try {
      const hook = hookFor(store, String(options['hook'] ?? dictionary.provenance.hookPoint), dictionary.dIn);
      const { contexts, contextLength } = store.manifest;
      const last = options['last'] === undefined ? contexts : Math.ceil(wholeNumber(options, 'last', 1, 2 ** 40) / contextLength);
      const first = Math.max(0, contexts - last);
      const total = (contexts - first) * contextLength;
      const result = await evaluateDictionary(dictionary, rowsOf(store, hook, first), async (rows) => {
        context.progress({ phase: 'evaluate', step: rows, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
        await breathe();
        if (context.signal.aborted) throw new LoupeError('cancelled', 'evaluation stopped');
      });
      const { fvu, l0, dead, cosine, rows } = result.masked;
      const text = `FVU ${fvu.toPrecision(4)}, L0 ${l0.toPrecision(4)}, dead ${dead.toPrecision(3)}, cosine ${cosine.toPrecision(4)} over ${rows} tokens `
        + `(position 0 and special tokens left out; with them FVU ${result.unmasked.fvu.toPrecision(4)})`;
      return { json: { dictionary: folder, activations: store.folder, hookPoint: hook, ...result.masked, unmasked: result.unmasked, tokenSet, definitions: definitionsOf(result.masked) }, text };
    } finally {
      dictionary.dispose();
      store.close();
    }
  },
};
