/** The tiny models once more as GGUF files of llama.cpp's own converter (tests/parity/lm_gguf_fixtures.py), beside the folders they were made of. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { BlockWeights, DecoderWeights, Linear, ModelConfig, Norm } from '../../src/engine/lm/definition.ts';
import { loadWeights } from '../../src/engine/lm/load.ts';
import { openModel } from '../../src/engine/lm/open.ts';
import { fixtureFolder, type FixtureModel } from './lm-fixtures.ts';

export function ggufFixture(name: FixtureModel): string {
  return fileURLToPath(new URL(`../parity/fixtures/lm-gguf/${name}.gguf`, import.meta.url));
}

function loaded(path: string): { readonly config: ModelConfig; readonly weights: DecoderWeights } {
  const { family, config, openWeights } = openModel(path);
  const source = openWeights();
  try {
    return { config, weights: loadWeights(family, config, source) };
  } finally {
    source.close();
  }
}

/** Every tensor of a model, by a name that says where it belongs. */
function* tensorsOf({ embedding, unembedding, lnFinal, blocks }: DecoderWeights): Generator<[string, Tensor]> {
  yield* [['embedding', embedding], ['unembedding', unembedding]] as [string, Tensor][];
  const parts = blocks.flatMap((block, layer) => (Object.entries(block) as [keyof BlockWeights, Norm | Linear][]).map(([name, part]): [string, Norm | Linear] => [`${layer}.${name}`, part]));
  for (const [name, { weight, bias }] of [['lnFinal', lnFinal] as [string, Norm], ...parts]) {
    yield [`${name}.weight`, weight];
    if (bias !== null) yield [`${name}.bias`, bias];
  }
}

/** The GGUF file gives the folder's weights, number by number, and its config but for what llama.cpp's format leaves out: `lost`. */
export function assertSameModel(name: FixtureModel, family: string, lost: Partial<ModelConfig>): void {
  const [folder, file] = [loaded(fixtureFolder(name)), loaded(ggufFixture(name))];
  // The head's sharing and the special tokens come with the tensors and the tokenizer; numbers are written as float32.
  const { tiedEmbeddings, bosTokenId, eosTokenIds } = file.config;
  const expectedConfig = { ...folder.config, tiedEmbeddings, bosTokenId, eosTokenIds, normEps: Math.fround(folder.config.normEps), family, ropeScaling: null, ...lost };
  assert.deepEqual(file.config, expectedConfig);
  const expected = new Map(tensorsOf(folder.weights));
  const actual = new Map(tensorsOf(file.weights));
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [at, tensor] of expected) {
    assert.deepEqual(actual.get(at)!.shape, tensor.shape, at);
    assert.deepEqual(actual.get(at)!.dataSync(), tensor.dataSync(), at);
  }
}
