/** `loupe analyse afa`: whether a dictionary's codes have the norm that quasi-orthogonal features would give them (arXiv 2503.24277). */
import { resolve } from 'node:path';
import { rowsOf } from '../../engine/eval/contexts.ts';
import { openEvaluated } from '../../engine/eval/open.ts';
import { evaluateAfa } from '../../engine/posthoc/afa.ts';
import { requireDirections } from '../../engine/sae/directions.ts';
import { loadDictionary } from '../../engine/sae/load.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { required } from '../options.ts';
import { dataOptions, evaluatedConfigOf } from './analyse.ts';

export const command: CliCommand = {
  name: 'analyse afa',
  summary: 'Over- and under-activation of a dictionary: epsilon-LBO, and the norms of codes beside those of activations',
  configure: (command) => void dataOptions(command)
    .option('--z <what>', 'what codes are compared with: input (as published) or reconstruction', 'input')
    .option('--points <n>', 'points of the ZF plot in the output, spread over the tokens', '1000'),
  async run(_args, options, context) {
    const z = options['z'];
    if (z !== 'input' && z !== 'reconstruction') throw new LoupeError('bad-request', `--z is "${String(z)}": choose input or reconstruction`);
    const dictionary = await loadDictionary(resolve(required(options, 'dictionary', 'the folder of a dictionary')));
    try {
      requireDirections(dictionary, 'cosine of two of them, which the bound needs');
      const { source, close } = await openEvaluated(evaluatedConfigOf(options), dictionary, context);
      try {
        const { zNorms, fNorms, ...figures } = await evaluateAfa(dictionary, rowsOf(source), { z });
        const stride = Math.max(1, Math.ceil(figures.rows / Math.max(1, Number(options['points']))));
        const points = Array.from({ length: Math.ceil(figures.rows / stride) }, (_, i) => [zNorms[i * stride]!, fNorms[i * stride]!]);
        const { epsilonLbo: { median, q1, q3 }, logRatio, overActivated, epsilonMax, l0 } = figures;
        const text = `epsilon-LBO median ${median.toPrecision(3)} (quartiles ${q1.toPrecision(3)} to ${q3.toPrecision(3)}) over ${figures.rows} tokens; mean log(|f| / |z|) ${logRatio.toPrecision(3)}, `
          + `over-activated ${(100 * overActivated).toPrecision(3)} %; largest |cos| of two features ${epsilonMax.toPrecision(4)}; L0 median ${l0.median}`;
        return { json: { ...figures, data: source.data, points }, text };
      } finally {
        close();
      }
    } finally {
      dictionary.dispose();
    }
  },
};
