/** `loupe analyse sources`: which latents of a crosscoder belong to which of its sources (Lindsey et al. 2024). */
import { resolve } from 'node:path';
import { loadDictionary } from '../../engine/sae/load.ts';
import { OwnDictionary } from '../../engine/sae/own-dictionary.ts';
import { compareSources, relativeNormHistogram } from '../../engine/sae/source-norms.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

/** From here on a latent is one source's own [our choice]. */
const exclusive = 0.9;
const histogramBins = 20;

const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

export const command: CliCommand = {
  name: 'analyse sources',
  summary: 'Which latents of a crosscoder belong to which source: relative norms of their decoder rows, and how far the rows of shared ones agree',
  configure: (command) => void command
    .option('--dictionary <dir>', 'folder of a crosscoder')
    .option('--first <n>', 'number of one source (default: 0)')
    .option('--second <n>', 'number of the other (default: 1)'),
  async run(_args, options) {
    const folder = resolve(required(options, 'dictionary', 'the folder of a crosscoder'));
    const dictionary = await loadDictionary(folder);
    try {
      const sources = dictionary instanceof OwnDictionary ? dictionary.stored.sizes.sources : 1;
      if (sources < 2) throw new LoupeError('mismatch', `${folder} reads one hook: only a crosscoder has sources to compare`);
      const number = (name: string, otherwise: number): number => (options[name] === undefined ? otherwise : wholeNumber(options, name, 0, sources - 1));
      const [a, b] = [number('first', 0), number('second', 1)];
      const { relative, cosine } = compareSources(dictionary.wDec, dictionary.dSae, sources, a, b);
      const shared = [...relative.keys()].filter((j) => relative[j]! > 1 - exclusive && relative[j]! < exclusive);
      const own = { first: relative.filter((value) => value <= 1 - exclusive).length, second: relative.filter((value) => value >= exclusive).length };
      const agreement = mean(shared.map((j) => cosine[j]!).filter((value) => !Number.isNaN(value)));
      const histogram = relativeNormHistogram(relative, histogramBins);
      const json = { dictionary: folder, first: a, second: b, latents: dictionary.dSae, own, shared: shared.length, meanCosine: agreement, histogram, relative: [...relative].map((value) => (Number.isNaN(value) ? null : value)) };
      const text = `of ${dictionary.dSae} latents ${own.first} are source ${a}'s own, ${own.second} source ${b}'s, ${shared.length} are shared; `
        + `decoder rows of shared ones agree with cosine ${agreement === null ? 'none' : agreement.toPrecision(4)} on average (it means something where both sources have the same space)\n`
        + `|d^${b}| / (|d^${a}| + |d^${b}|) in ${histogramBins} bins from 0 to 1: ${histogram.join(' ')}`;
      return { json, text };
    } finally {
      dictionary.dispose();
    }
  },
};
