/** Language models of Loupe's own on the command line: counted, trained, stopped, opened by every other command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { studyText } from '../../../../src/cli/commands/lm-sparsity.ts';
import { sparsityStudySchema } from '../../../../src/shared/schema/sparsity.ts';
import { assertRefused, inChild, inProcess, resultOf } from '../../../support/command-line.ts';
import { randomGames } from '../../../support/random-games.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-lm-'));
const at = (name: string): string => join(folder, name);
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(at('text.txt'), 'the cat sat on the mat and looked at the dog. '.repeat(60));

const small = ['--set', 'layers=1', 'dModel=16', 'heads=2', 'context=16', 'validTokens=64', 'layer.activation=relu', '--batch', '4'];
const train = (...more: string[]): ReturnType<typeof inProcess> => inProcess(['lm', 'train', '--data', at('text.txt'), '--steps', '8', '--seed', '3', ...small, ...more]);

test('parameters are counted by part without making them, and the memory is estimated', async () => {
  const count = resultOf(await inProcess(['lm', 'params', '--arch', 'dense', '--preset', 'paper-small']));
  assert.equal(count['total'], 124_439_808);
  assert.equal(['embedding', 'positions', 'attention', 'layer', 'norms', 'unembedding'].reduce((sum, part) => sum + Number(count[part]), 0), count['total']);
  assert.ok(Number(count['training_memory']) > 16 * 124_439_808);
  const relu = resultOf(await inProcess(['lm', 'params', '--set', 'hidden=100']));
  assert.equal(relu['units_per_layer'], 100);
  writeFileSync(at('own.json'), JSON.stringify({ arch: 'dense', layers: 1, dModel: 8, heads: 2, context: 4, vocab: 10 }));
  assert.equal(resultOf(await inProcess(['lm', 'params', '--config', at('own.json')]))['embedding'], 80);
  assert.ok((resultOf(await inProcess(['lm', 'params', '--list-presets']))['presets'] as string[]).includes('desktop-chess'));
});

test('what cannot be is refused by name', async () => {
  assertRefused(await inProcess(['lm', 'params', '--arch', 'dens']), { kind: 'bad-request', says: [/did you mean dense\?/] });
  assertRefused(await inProcess(['lm', 'params', '--preset', 'papersmall']), { kind: 'bad-request', says: [/paper-small/] });
  assertRefused(await inProcess(['lm', 'train', '--data', at('text.txt')]), { kind: 'bad-request', says: [/--out is missing/] });
  assertRefused(await train('--set', 'heads=3', '--out', at('h')), { kind: 'bad-config', says: [/dModel is 16 and heads is 3/] });
  assertRefused(await inProcess(['lm', 'train', '--resume', '--out', at('none')]), { kind: 'not-found', says: [/lm-train\.json/] });
  assertRefused(await inProcess(['lm', 'train', '--preset', 'paper-medium', '--data', at('text.txt'), '--batch', '4096', '--out', at('big')]), { kind: 'out-of-memory', says: [/can be used/] });
});

test('a model is trained, evaluated, and writes; its run cannot be gone on with by another config', async () => {
  const result = resultOf(await train('--out', at('model')));
  assert.ok(Number(result['loss_last']) < Number(result['loss_first']));
  assert.ok(Number(result['tokens_per_s']) > 0 && Number(result['mfu']) > 0);
  assert.deepEqual(resultOf(await inProcess(['lm', 'train', '--resume', '--out', at('model')])), result);
  assertRefused(await train('--out', at('model'), '--lr', '0.5'), { kind: 'conflict', says: [/lr 0\.0006, not 0\.5/] });
  assertRefused(await inProcess(['lm', 'train', '--resume', '--out', at('model'), '--seed', '4', '--set', 'beta1=0.8']), { kind: 'conflict', says: [/seed 3, not 4/, /beta1 0\.9, not 0\.8/] });
  writeFileSync(at('other.json'), JSON.stringify({ weightDecay: 0, seed: 3 }));
  assertRefused(await inProcess(['lm', 'train', '--resume', '--out', at('model'), '--config', at('other.json')]), { kind: 'conflict', says: [/weightDecay 0\.1, not 0/] });
  const own = resultOf(await inProcess(['lm', 'eval', '--model', at('model')]));
  assert.ok(Math.abs(Number(own['loss']) - Number(result['valid_loss'])) < 1e-4);
  assert.ok(Number(resultOf(await inProcess(['lm', 'eval', '--model', at('model'), '--data', at('text.txt')]))['tokens']) > 1000);
  assert.ok(!existsSync(join(at('model'), 'evaluation.json')));
  resultOf(await inProcess(['lm', 'eval', '--model', at('model'), '--save']));
  assert.equal((JSON.parse(readFileSync(join(at('model'), 'evaluation.json'), 'utf8')) as { loss: number }).loss, own['loss']);
  const generate = ['lm', 'generate', '--model', at('model'), '--prompt', 'the ', '--tokens', '5', '--seed', '1'];
  const written = resultOf(await inProcess(generate));
  assert.ok(Number(written['tokens']) <= 5);
  assert.equal(resultOf(await inProcess(generate))['text'], written['text']);
});

test('a run that was killed goes on from its checkpoint and ends with the same weights, bit for bit', async () => {
  const run = (name: string): string[] => ['lm', 'train', '--data', at('text.txt'), '--steps', '60', '--seed', '3', ...small, '--set', 'checkpointEvery=20', 'validEvery=50', '--out', at(name)];
  const whole = resultOf(await inChild(run('whole')));
  // The program itself, and not the launcher in front of it, which alone would die.
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../src/cli/loupe.ts'), ...run('killed')], { stdio: 'ignore', env: { ...process.env, LOUPE_BACKEND: 'cpu' } });
  const look = setInterval(() => existsSync(join(at('killed'), 'checkpoints', 'step-000000020')) && child.kill('SIGKILL'), 5);
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearInterval(look);
  assert.deepEqual([status, signal], [null, 'SIGKILL'], 'it was killed before its end');
  const resumed = await inChild(['lm', 'train', '--resume', '--out', at('killed')]);
  assert.match(resumed.stderr, /resumed at step \d+ of 60/u);
  assert.equal(resultOf(resumed)['loss_last'], whole['loss_last']);
  for (const file of ['model.safetensors', 'samples.jsonl']) assert.ok(readFileSync(join(at('killed'), file)).equals(readFileSync(join(at('whole'), file))), file);
});

test('units of the trained model are activations like any other: they are stored and a dictionary is trained on them', async () => {
  const hook = 'blocks.0.mlp.hook_post';
  resultOf(await inProcess(['harvest', '--model', at('model'), '--corpus', at('text.txt'), '--hook', hook, '--tokens', '1600', '--context-length', '16', '--out', at('store')]));
  const trained = resultOf(await inProcess(['train', '--activations', at('store'), '--hook', hook, '--d-sae', '32', '--k', '4', '--steps', '5', '--batch', '64', '--set', 'heldOut=200', '--out', at('dictionary')]));
  assert.ok(Number(trained['l0']) <= 4);
});

test('a dense model is up-cycled, and trained on from there', async () => {
  const made = resultOf(await inProcess(['lm', 'upcycle', '--model', at('model'), '--out', at('experts'), '--seed', '1', '--set', 'experts=4', 'k=2']));
  assert.equal(made['experts'], 4);
  const result = resultOf(await inProcess(['lm', 'train', '--from', at('experts'), '--data', at('text.txt'), '--steps', '4', '--batch', '4', '--set', 'validTokens=64', '--out', at('on')]));
  assert.deepEqual([result['arch'], result['parameters']], ['moe-x', made['parameters']]);
  assertRefused(await inProcess(['lm', 'train', '--from', at('experts'), '--arch', 'switch', '--data', at('text.txt'), '--out', at('x')]), { kind: 'mismatch', says: [/arch is switch/] });
  assertRefused(await inProcess(['lm', 'upcycle', '--model', at('experts'), '--out', at('x')]), { kind: 'unsupported', says: [/kind moe-x/] });
  assertRefused(await inProcess(['lm', 'upcycle', '--out', at('x')]), { kind: 'bad-request', says: [/--model is missing/] });
});

test('a sweep trains its members, is gone on with by --resume alone, and keeps its table where it is told', async () => {
  const base = { data: at('text.txt'), layers: 1, dModel: 16, heads: 2, context: 16, batch: 4, steps: 4, validTokens: 64 };
  writeFileSync(at('sweep.json'), JSON.stringify({ base, members: [{ name: 'a' }, { name: 'b', fields: { arch: 'monet-hd', layer: { experts: 16, active: 2 } } }], evaluate: { tokens: 60 } }));
  const sweep = ['lm', 'sweep', '--config', at('sweep.json'), '--out', at('sweep'), '--table', at('kept.json')];
  const done = await inProcess(sweep);
  assert.equal(resultOf(done)['failed'], 0);
  assertRefused(await inProcess(sweep), { kind: 'conflict', says: [/holds 2 runs already: add --resume/] });
  rmSync(at('sweep'), { recursive: true });
  assert.deepEqual(resultOf(await inProcess([...sweep, '--resume']))['rows'], resultOf(done)['rows']);
  writeFileSync(at('sweep.json'), JSON.stringify({ base: { ...base, stepz: 3 }, members: [{ name: 'a' }] }));
  assertRefused(await inProcess([...sweep, '--resume']), { kind: 'bad-config', says: [/member a: .*stepz/] });
});

test('sparsity is measured on any corpus, printed as a table or as JSON, and written where asked', async () => {
  writeFileSync(at('relu.json'), JSON.stringify({ arch: 'dense', data: at('text.txt'), steps: 2, layers: 1, dModel: 16, heads: 2, context: 16, validTokens: 64, batch: 4, layer: { activation: 'relu' }, out: at('sparse') }));
  resultOf(await inProcess(['lm', 'train', '--config', at('relu.json')]));
  const ask = ['lm', 'sparsity', '--model', at('sparse'), '--topk', '0,8', '--noise', '0.1', '--substitution', 'none', '--tokens', '200', '--curve-tokens', '32', '--out', at('study')];
  const study = resultOf(await inProcess(ask)) as unknown as { layers: { share: number; units: number }[]; topk: { points: { k: number }[] }; noise: { embedding: unknown[] }; data: string };
  assert.deepEqual([study.data, study.layers[0]!.units, study.topk.points.map(({ k }) => k), study.noise.embedding.length], ['validation', 64, [0, 8], 2]);
  assert.ok(study.layers[0]!.share > 0.3 && study.layers[0]!.share < 0.7);
  assert.deepEqual(JSON.parse(readFileSync(join(at('study'), 'sparsity.json'), 'utf8')), study);
  assert.ok(existsSync(join(at('study'), 'rates.safetensors')));
  const start = resultOf(await inProcess(['lm', 'sparsity', '--model', at('sparse'), '--untrained', '--topk', 'none', '--noise', 'none', '--substitution', 'none']));
  assert.match((start['notes'] as string[])[0]!, /at its start/u);
  assert.equal(start['untrained'], true);
  const text = studyText(sparsityStudySchema.parse(study));
  assert.match(text, /A unit fires where it is not exactly 0\.\n[^]*layer\s+fires\s+of live\s+L0 p5[^]*0\s+\d+\.\d\d %[^]*Only the k largest[^]*Noise on token embeddings/u);
  const bare = resultOf(await inProcess(['lm', 'sparsity', '--model', at('sparse'), '--topk', 'none', '--noise', 'none', '--substitution', 'none']));
  assert.deepEqual([bare['topk'], bare['noise']], [null, null]);
  assert.doesNotMatch(studyText(sparsityStudySchema.parse(bare)), /Only the k|Noise on token/u);
  assertRefused(await inProcess(['lm', 'sparsity', '--model', at('sparse'), '--topk', '1,x']), { kind: 'bad-request', says: [/--topk is "1,x"/] });
  assertRefused(await inProcess(['lm', 'sparsity', '--model', at('sparse'), '--noise', '-1']), { kind: 'bad-config', says: [/noise/] });
  assertRefused(await inProcess(['lm', 'sparsity', '--model', at('nowhere')]), { kind: 'not-found', says: [/nowhere/] });
  assertRefused(await inProcess(['lm', 'sparsity', '--data', 'text']), { kind: 'bad-request', says: [/--model is missing/] });
});

test('a model of games tells its legal moves and what it knows of the board; games are named or left out', async () => {
  writeFileSync(at('games.txt'), randomGames(160, 18, 2).map((game) => `${game}\n`).join(''));
  const sizes = ['--set', 'layers=1', 'dModel=16', 'heads=2', 'context=48', 'validTokens=3000', '--batch', '4'];
  resultOf(await inProcess(['lm', 'train', '--data', at('games.txt'), '--tokenizer', 'chess', '--steps', '4', ...sizes, '--out', at('chess')]));
  const done = await inProcess(['lm', 'eval', '--model', at('chess'), '--games', at('games.txt'), '--chess-games', '30']);
  const figures = resultOf(done);
  for (const name of ['loss', 'perplexity', 'legal_move_rate', 'coverage', 'coverage_fixed', 'reconstruction_f1']) assert.ok(Number(figures[name]) >= 0, name);
  assert.equal(resultOf(await inProcess(['lm', 'eval', '--model', at('chess'), '--no-chess']))['coverage'], undefined);
  assertRefused(await inProcess(['lm', 'eval', '--model', at('model'), '--games', at('games.txt')]), { kind: 'unsupported', says: [/does not read the characters of chess games/] });
});
