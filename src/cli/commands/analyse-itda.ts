/** `loupe analyse itda`: how alike models and layers are by which tokens became atoms (arXiv 2505.17769). */
import { resolve } from 'node:path';
import { loadDictionary } from '../../engine/sae/load.ts';
import { jaccard, labelKeys, layerMatching, layerSimilarities, modelKeys } from '../../engine/sae/itda/similarity.ts';
import type { LabelKeys } from '../../engine/sae/itda/similarity.ts';
import { OwnDictionary } from '../../engine/sae/own-dictionary.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';

/** Which tokens the atoms of a dictionary are, and which corpus and tokenizer they come from. */
async function keysOf(folder: string): Promise<{ readonly keys: LabelKeys; readonly data: string }> {
  const dictionary = await loadDictionary(folder);
  try {
    const labels = dictionary instanceof OwnDictionary ? dictionary.stored.tensors['labels'] : undefined;
    if (labels === undefined) throw new LoupeError('mismatch', `${folder} holds no labels of atoms: it was not built by ITDA`);
    const { corpus, model, contextLength } = dictionary.provenance;
    return { keys: labelKeys(labels.data), data: JSON.stringify([corpus?.hash ?? null, model?.tokenizerHash ?? null, contextLength]) };
  } finally {
    dictionary.dispose();
  }
}

/** The layers of one model. Kind mismatch where they were built from other tokens than `data`. */
async function layersOf(folders: readonly string[], data: string | null): Promise<{ readonly layers: LabelKeys[]; readonly data: string }> {
  const layers: LabelKeys[] = [];
  for (const folder of folders) {
    const found = await keysOf(folder);
    data ??= found.data;
    if (found.data !== data) throw new LoupeError('mismatch', `${folder} was built from another corpus, tokenizer or length of contexts than the first: labels can only be compared over the same tokens`);
    layers.push(found.keys);
  }
  return { layers, data: data! };
}

function folders(options: Readonly<Record<string, unknown>>, name: string): string[] {
  const given = options[name] as string[] | undefined;
  if (given === undefined) throw new LoupeError('bad-request', `--${name} is missing: give the ITDA dictionaries of a model's layers, in order`);
  return given.map((folder) => resolve(folder));
}

export const command: CliCommand = {
  name: 'analyse itda',
  summary: 'How alike the layers of two models are by which tokens became atoms of their ITDA dictionaries',
  configure: (command) => void command
    .option('--dictionary <dir...>', 'ITDA dictionaries of one model, a layer each, in order')
    .option('--other <dir...>', 'those of the other model, built over the same tokens'),
  async run(_args, options) {
    const [own, others] = [folders(options, 'dictionary'), folders(options, 'other')];
    const { layers: a, data } = await layersOf(own, null);
    const { layers: b } = await layersOf(others, data);
    const similarities = layerSimilarities(a, b);
    const model = jaccard(modelKeys(a), modelKeys(b));
    const matching = a.length === b.length ? layerMatching([a, b]) : null;
    const lines = similarities.map((row, i) => `${own[i]}: ${row.map((value) => value.toFixed(3)).join('  ')}`);
    const text = [...lines, `models as a whole: ${model.toPrecision(4)}${matching === null ? '' : `; layers that find each other: ${matching.toPrecision(3)} (chance ${(1 / a.length).toPrecision(3)})`}`].join('\n');
    return { json: { dictionaries: own, others, similarities, model, layerMatching: matching }, text };
  },
};
