/** `loupe analyse atoms`: how far a dictionary's codes are identified, in the atomic inner product and in Euclid's (arXiv 2509.20784). */
import { resolve } from 'node:path';
import { rowsOf } from '../../engine/eval/contexts.ts';
import { FiringSums } from '../../engine/eval/firing.ts';
import { openEvaluated } from '../../engine/eval/open.ts';
import { ReconstructionSums } from '../../engine/eval/reconstruction-sums.ts';
import { countedRows } from '../../engine/posthoc/dark-matter.ts';
import { rowCounts } from '../../engine/posthoc/pursuit-reconstruction.ts';
import { keepRows } from '../../engine/posthoc/similarity.ts';
import { atomsFigures } from '../../engine/sae/atoms/figures.ts';
import type { ProductFigures } from '../../engine/sae/atoms/figures.ts';
import type { Dictionary } from '../../engine/sae/dictionary.ts';
import { requireDirections } from '../../engine/sae/directions.ts';
import { loadDictionary } from '../../engine/sae/load.ts';
import type { EvaluationContexts } from '../../engine/eval/contexts.ts';
import { stepper } from '../../engine/eval/evaluate.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { required } from '../options.ts';
import { countOf, dataOptions, evaluatedConfigOf } from './analyse.ts';

const inWords = (name: string, { coherence, uniqueK, stability }: ProductFigures): string =>
  `${name}: coherence ${coherence.toPrecision(4)}, codes unique up to K ${uniqueK}, stability q* ${stability === null ? 'none' : stability.toPrecision(4)}`;

interface Gathered {
  /** float32 [rows, dOut] */
  readonly sample: Float32Array;
  readonly l0: readonly number[];
  readonly firings: Float64Array;
  /** 1 - FVU: the faithfulness of the paper. */
  readonly r2: number;
}

/** The first `most` rows that count, with their L0 and what they are reconstructed as. */
async function gather(dictionary: Dictionary, source: EvaluationContexts, most: number, context: CliContext): Promise<Gathered> {
  const { dIn, dOut, dSae } = dictionary;
  const [parts, l0]: [Float32Array[], number[]] = [[], []];
  const [firing, sums] = [new FiringSums(new Float64Array(dSae)), new ReconstructionSums(dOut)];
  const step = stepper(context, 'encode', most);
  for (const { x, y, rows } of countedRows(rowsOf(source), dIn)) {
    const [target, codes, reconstruction] = [y ?? x, dictionary.encode(x, rows), dictionary.reconstruct(x, rows)];
    const taken = Math.min(rows, most - l0.length);
    for (let row = 0; row < taken; row++) {
      firing.addRow(codes, row);
      sums.addRow(target, reconstruction, row * dOut);
    }
    parts.push(target.subarray(0, taken * dOut));
    l0.push(...rowCounts(codes).slice(0, taken));
    await step(l0.length);
    if (l0.length >= most) break;
  }
  const sample = new Float32Array(l0.length * dOut);
  parts.reduce((at, part) => (sample.set(part, at), at + part.length), 0);
  return { sample, l0, firings: firing.firings, r2: sums.result().ev };
}

export const command: CliCommand = {
  name: 'analyse atoms',
  summary: 'Coherence, uniqueness, stability q* and faithfulness of a dictionary, in the atomic inner product and in Euclid\'s',
  configure: (command) => void dataOptions(command).option('--sample <n>', 'tokens for the inner product and the figures (default: 100000)'),
  async run(_args, options, context) {
    const dictionary = await loadDictionary(resolve(required(options, 'dictionary', 'the folder of a dictionary')));
    try {
      requireDirections(dictionary, 'figure of them');
      const { source, close } = await openEvaluated(evaluatedConfigOf(options), dictionary, context);
      try {
        const { sample, l0, firings, r2 } = await gather(dictionary, source, countOf(options, 'sample', 100_000), context);
        const alive = keepRows({ values: dictionary.wDec, n: dictionary.dSae }, firings);
        if (alive.n < 2) throw new LoupeError('bad-request', `only ${alive.n} latents fire on these ${l0.length} tokens: give more`);
        const figures = atomsFigures(alive.values, dictionary.dOut, l0, sample);
        const text = [
          inWords('atomic', figures.atomic), inWords('Euclidean', figures.euclidean),
          `faithfulness R^2 ${r2.toPrecision(4)}, L0 at ${figures.quantiles.join(', ')}: ${figures.l0Quantiles.join(', ')}, over ${l0.length} tokens and the ${alive.n} latents that fire; the whitening keeps ${figures.rank} directions`,
        ].join('\n');
        return { json: { ...figures, faithfulness: r2, tokens: l0.length, latents: alive.n, data: source.data }, text };
      } finally {
        close();
      }
    } finally {
      dictionary.dispose();
    }
  },
};
