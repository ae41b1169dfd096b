import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Command } from 'commander';
import { dataOptions, evaluatedConfigOf } from '../../../../src/cli/commands/analyse.ts';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { assertClose } from '../../../support/closeness.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { evaluatedSetting, target } from '../../../support/evaluated.ts';
import type { EvaluatedSetting } from '../../../support/evaluated.ts';

let at: EvaluatedSetting;
const ends: (() => void)[] = [];
before(async () => {
  await loadBackend();
  at = await evaluatedSetting({ after: (end: () => void) => void ends.push(end) });
});
after(() => ends.forEach((end) => end()));

const analyse = async (what: string, ...argv: string[]): Promise<Record<string, unknown>> =>
  resultOf(await inProcess(['analyse', what, '--dictionary', at.dictionary, '--activations', at.store, ...argv]));

test('options become the place where rows come from', () => {
  const parser = dataOptions(new Command().exitOverride());
  const config = evaluatedConfigOf(parser.parse(['--activations', 's', '--last', '10', '--tokens', '99'], { from: 'user' }).opts());
  assert.deepEqual(config, { activations: resolve('s'), model: null, corpus: null, hook: null, targetHook: null, tokens: 10, contextLength: 128 });
});

test('dark matter: shares, and what each part costs the model', async () => {
  const result = await analyse('dark-matter', '--model', at.model, '--other', at.dictionary, '--pursuit', '1280', '--splice-tokens', '128') as {
    fvu: number; fvuNonlinear: number; linearShare: number; tokens: { fit: number; score: number }; scaling: { fromError: number };
    pursuit: { encoder: { fvu: number }; pursuit: { fvu: number } }; downstream: { spliced: Record<string, { crossEntropy: number }> };
  };
  assert.ok(result.tokens.fit > 500 && result.tokens.score > 500);
  assert.ok(result.fvuNonlinear < result.fvu && result.linearShare > 0.2, JSON.stringify(result));
  assert.equal(Object.hasOwn(result, 'map'), false);
  // a dictionary fails where it fails
  assertClose([result.scaling.fromError], [1], 1e-3);
  assert.ok(result.pursuit.pursuit.fvu < result.pursuit.encoder.fvu);
  assert.deepEqual(Object.keys(result.downstream.spliced), ['sae', 'saePlusLinear', 'saePlusNonlinear']);
});

test('too few tokens for a fit are refused', async () => {
  const outcome = await inProcess(['analyse', 'dark-matter', '--dictionary', at.dictionary, '--activations', at.store, '--last', '320']);
  assertRefused(outcome, { kind: 'bad-request', says: [/at least 320 rows/, /more tokens/] });
});

test('a norm that is none is refused', async () => {
  const outcome = await inProcess(['analyse', 'dark-matter', '--dictionary', at.dictionary, '--activations', at.store, '--max-norm', 'big']);
  assertRefused(outcome, { kind: 'bad-request', says: [/--max-norm/, /"big"/] });
});

test('norms of codes, and how far codes are identified', async () => {
  const afa = await analyse('afa', '--points', '50') as { rows: number; points: unknown[]; epsilonLbo: { median: number } };
  assert.ok(afa.points.length > 40 && afa.points.length <= 50 && afa.epsilonLbo.median > 0);
  assertRefused(await inProcess(['analyse', 'afa', '--dictionary', at.dictionary, '--z', 'both']), { kind: 'bad-request', says: [/--z/, /input or reconstruction/] });
  const atoms = await analyse('atoms', '--sample', '300') as { tokens: number; latents: number; faithfulness: number; euclidean: { coherence: number } };
  assert.ok(atoms.tokens === 300 && atoms.latents > 5 && atoms.euclidean.coherence < 1 && Number.isFinite(atoms.faithfulness));
});

test('two dictionaries are compared by decoders, and by when they fire', async () => {
  const same = await analyse('compare', '--other', at.dictionary) as { aToB: { mmcs: number }; mcc: number; activations: { meanCorrelation: number } };
  assertClose([same.aToB.mmcs, same.mcc, same.activations.meanCorrelation], [1, 1, 1], 1e-5);
  const decoders = resultOf(await inProcess(['analyse', 'compare', '--dictionary', at.dictionary, '--other', at.transcoder, '--no-matched'])) as { aToB: { mmcs: number; random: number }; mcc: null; activations: null };
  assert.deepEqual([decoders.mcc, decoders.activations], [null, null]);
  assert.ok(decoders.aToB.mmcs < 0.75 && decoders.aToB.random > 0.5);
  const transcoder = await inProcess(['analyse', 'dark-matter', '--dictionary', at.transcoder, '--activations', at.store, '--target-hook', target]);
  assert.equal(transcoder.status, 0, transcoder.stderr);
});
