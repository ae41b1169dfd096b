/** `loupe analyse compare`: how alike two dictionaries are, by their decoders and by when their latents fire. */
import { resolve } from 'node:path';
import { stepper } from '../../engine/eval/evaluate.ts';
import { openEvaluated } from '../../engine/eval/open.ts';
import type { EvaluatedConfig } from '../../engine/eval/open.ts';
import { rowsOf } from '../../engine/eval/contexts.ts';
import { FiringSums } from '../../engine/eval/firing.ts';
import { CorrelationSums } from '../../engine/posthoc/activation-matching.ts';
import { countedRows } from '../../engine/posthoc/dark-matter.ts';
import { keepRows, similarity } from '../../engine/posthoc/similarity.ts';
import type { OneWay, Similarity } from '../../engine/posthoc/similarity.ts';
import type { Dictionary } from '../../engine/sae/dictionary.ts';
import { requireDirections } from '../../engine/sae/directions.ts';
import { loadDictionary } from '../../engine/sae/load.ts';
import { registry } from '../../engine/sae/registry.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { required } from '../options.ts';
import { dataOptions, evaluatedConfigOf } from './analyse.ts';

interface Activations {
  /** Mean over latents that fire of the largest correlation with one of the other's. */
  readonly meanCorrelation: number;
  /** The same comparison of decoders, over latents that fire. */
  readonly alive: Similarity;
}

const isSigned = ({ provenance }: Dictionary): boolean => registry.find(({ id }) => id === provenance.variant)?.signed ?? false;
const rowsIn = ({ wDec, dSae }: Dictionary): { values: Float32Array; n: number } => ({ values: wDec, n: dSae });

async function overActivations(a: Dictionary, b: Dictionary, config: EvaluatedConfig, options: { signed: boolean; matched: boolean }, context: CliContext): Promise<Activations> {
  const { source, close } = await openEvaluated(config, a, context);
  try {
    const sums = new CorrelationSums(a.dSae, b.dSae);
    const [firedA, firedB] = [a, b].map(({ dSae }) => new FiringSums(new Float64Array(dSae))) as [FiringSums, FiringSums];
    const step = stepper(context, 'encode', source.contexts * source.contextLength);
    let rows = 0;
    for (const { x, rows: count } of countedRows(rowsOf(source), a.dIn)) {
      const [codesA, codesB] = [a.encode(x, count), b.encode(x, count)];
      sums.add(codesA, codesB);
      for (let row = 0; row < count; row++) {
        firedA.addRow(codesA, row);
        firedB.addRow(codesB, row);
      }
      await step((rows += count));
    }
    const best = sums.result().best.filter((value) => !Number.isNaN(value));
    const alive = similarity(keepRows(rowsIn(a), firedA.firings), keepRows(rowsIn(b), firedB.firings), options);
    return { meanCorrelation: best.reduce((sum, value) => sum + value, 0) / best.length, alive };
  } finally {
    close();
  }
}

const describe = (name: string, { mmcs, mcsRatio, random }: OneWay): string => `${name}: MMCS ${mmcs.toPrecision(4)} (random rows ${random.toPrecision(3)}), share above 0.9 ${mcsRatio.toPrecision(3)}`;

function textOf({ aToB, bToA, mcc }: Similarity, activations: Activations | null): string {
  const lines = [describe('first to other', aToB), describe('other to first', bToA)];
  if (mcc !== null) lines.push(`matched one to one: mean |cos| ${mcc.toPrecision(4)}`);
  if (activations !== null) {
    lines.push(`latents that fire alone: ${describe('first to other', activations.alive.aToB)}; ${describe('other to first', activations.alive.bToA)}`);
    lines.push(`by activation: mean of each latent's largest correlation ${activations.meanCorrelation.toPrecision(4)}`);
  }
  return lines.join('\n');
}

export const command: CliCommand = {
  name: 'analyse compare',
  summary: 'How alike two dictionaries are: cosines both ways, one-to-one, beside random rows; with activations also by when latents fire',
  configure: (command) => void dataOptions(command)
    .option('--other <dir>', 'folder of the other dictionary')
    .option('--no-matched', 'leave the one-to-one matching out (it takes the cube of the width at worst)'),
  async run(_args, options, context) {
    const a = await loadDictionary(resolve(required(options, 'dictionary', 'the folder of a dictionary')));
    try {
      const b = await loadDictionary(resolve(required(options, 'other', 'the folder of another dictionary')));
      try {
        for (const one of [a, b]) requireDirections(one, 'comparison by directions');
        const settings = { signed: isSigned(a) || isSigned(b), matched: options['matched'] !== false };
        const decoders = similarity(rowsIn(a), rowsIn(b), settings);
        const activations = options['activations'] === undefined ? null : await overActivations(a, b, evaluatedConfigOf(options), settings, context);
        return { json: { ...decoders, signed: settings.signed, activations }, text: textOf(decoders, activations) };
      } finally {
        b.dispose();
      }
    } finally {
      a.dispose();
    }
  },
};
