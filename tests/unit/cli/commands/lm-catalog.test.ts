/** `loupe lm catalog`: from a model to a catalog of its layers' units, on games of chess. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { layersOf, refuseWide } from '../../../../src/cli/commands/lm-catalog.ts';
import { chessCoder } from '../../../../src/engine/lm/training/chess-source.ts';
import { writeOwnModel } from '../../../../src/engine/lm/own/files.ts';
import { modelSpecs, startValues } from '../../../../src/engine/lm/own/parameters.ts';
import { openCatalog, stopThreads } from '../../../../src/main/catalog/client.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { tinyShape } from '../../../support/own-models.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
after(async () => stopThreads());

const model = { name: 'm', hooks: [{ name: 'hook_embed', d: 4 }, ...[0, 1, 2, 3].flatMap((layer) => [{ name: `blocks.${layer}.hook_resid_post`, d: 4 }, { name: `blocks.${layer}.mlp.hook_post`, d: 9 }])] };
const is = (kind: string, words: RegExp) => (error: unknown): boolean => error instanceof LoupeError && error.kind === kind && words.test(error.message);

test('layers are all, or those that a list of numbers and ranges names', () => {
  const named = (text?: string): number[] => layersOf(text, model).map(({ layer }) => layer);
  assert.deepEqual([named(), named('0-2'), named('3'), named('3, 0-1'), named('1,1')], [[0, 1, 2, 3], [0, 1, 2], [3], [0, 1, 3], [1]]);
  assert.deepEqual(layersOf('2', model), [{ layer: 2, hook: 'blocks.2.mlp.hook_post', units: 9 }]);
  for (const text of ['4', '2-1', 'all', '0-9', '']) assert.throws(() => layersOf(text, model), is('bad-request', /--layers.*0 to 3/));
});

test('a layer of too many units is refused with what it would take', () => {
  refuseWide([{ layer: 0, hook: 'h', units: 65_536 }], 1000);
  // 262,144 units of 2 bytes, 100,000 tokens: 52.4 GB; 4,096 rows of 4 bytes: 4.3 GB
  assert.throws(() => refuseWide([{ layer: 0, hook: 'blocks.0.mlp.hook_post', units: 262_144 }], 100_000), is('unsupported', /262,144 units.*52\.4 GB.*4\.3 GB/));
});

test('each layer becomes a source over the games, named after its kind; contexts are shared, and what is made on the way is gone', async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const { vocab, json, end, endText } = chessCoder();
  const shape = tinyShape('monet-hd', { experts: 16, width: 2, active: 2 }, { vocab });
  writeOwnModel(at('model'), { shape, dtype: 'F32', tokenizer: json, eosTokenId: end, eosToken: endText, values: (name) => startValues(modelSpecs(shape).find((spec) => spec.name === name)!, 1) });
  const games = ['1.e4 e5 2.Nf3 Nc6 3.Bb5 a6', '1.d4 d5 2.c4 e6 3.Nc3 Nf6', '1.c4 c5 2.g3 g6 3.Bg2 Bg7'];
  writeFileSync(at('games.txt'), Array.from({ length: 30 }, (_, i) => `;${games[i % 3]}\n`).join(''));
  const command = ['lm', 'catalog', '--workspace', at('workspace'), '--model', at('model'), '--data', at('games.txt'), '--tokens', '240', '--out', at('chess.loupe')];
  const result = resultOf(await inProcess(command)) as { labels: boolean; sources: { layer: number; features: number; labelled: number }[] };
  assert.equal(result.labels, false);
  assert.deepEqual(result.sources.map(({ layer, features, labelled }) => [layer, features, labelled]), [[0, 16, 0], [1, 16, 0]]);
  assert.equal(existsSync(at('.chess.loupe.build')), false);
  const catalog = await openCatalog(at('chess.loupe'));
  try {
    const { sources, complete } = await catalog.info();
    assert.deepEqual([complete, sources.map(({ name, layer, hookPoint }) => [name, layer, hookPoint])], [true, [0, 1].map((layer) => [`Monet, horizontal units, layer ${layer}`, layer, `blocks.${layer}.mlp.hook_post`])]);
    const texts: string[] = [];
    for (let index = 0; index < 16; index++) {
      const { groups } = await catalog.feature({ source: 2, index });
      for (const { examples } of groups) for (const { tokens } of examples) texts.push(tokens.join(''));
    }
    const text = games.map((game) => `;${game}<|endoftext|>`).join('').repeat(3);
    assert.ok(texts.length > 0 && texts.every((window) => text.includes(window)), texts.find((window) => !text.includes(window)));
  } finally {
    await catalog.close();
  }
  assertRefused(await inProcess([...command, '--layers', '7']), { kind: 'bad-request', says: [/--layers/, /"7"/] });
  assertRefused(await inProcess(['lm', 'catalog', '--model', at('model'), '--out', at('x.loupe')]), { kind: 'bad-request', says: [/--data/] });
});
