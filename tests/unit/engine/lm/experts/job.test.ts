import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { countsOf, runExperts, runPurge } from '../../../../../src/engine/lm/experts/job.ts';
import { encodeOff } from '../../../../../src/engine/lm/experts/mask-file.ts';
import { ExpertSet } from '../../../../../src/engine/lm/experts/expert-set.ts';
import { ExpertsOff } from '../../../../../src/engine/lm/experts/experts-off.ts';
import { readExpertLayer, readExpertUses } from '../../../../../src/engine/lm/experts/result-files.ts';
import type { JobContext } from '../../../../../src/engine/job.ts';
import { expertsConfigSchema, expertsResultSchema, purgeConfigSchema, purgeResultSchema } from '../../../../../src/shared/schema/experts.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { smallLayers, trainOnDomains, writeDomains } from '../../../../support/expert-domains.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());

const contextIn = (folder: string, signal = new AbortController().signal): JobContext => ({ signal, folder, progress: () => {}, metrics: () => {}, log: () => {} });

test('a trained Monet: experts fall to two domains, the purge of one hits it and not the other, and more than as many at random', async (t) => {
  const [data, out, run] = [temporaryFolder(t), join(temporaryFolder(t), 'model'), temporaryFolder(t)];
  const domains = writeDomains(data);
  await trainOnDomains('monet-hd', domains, out);
  const result = expertsResultSchema.parse(await runExperts(expertsConfigSchema.parse({ model: out, domains, tokens: 512 }), contextIn(run)));
  assert.deepEqual([result.layout, result.layers, result.experts, result.uses], ['square', 2, 64, 4]);
  assert.ok(result.byLayer.every(({ owned }) => owned.every((count) => count > 0)), JSON.stringify(result.byLayer));
  const owners = [0, 1].map((layer) => readExpertLayer(run, layer).owners.data as Int32Array);
  assert.deepEqual(countsOf(owners.map((own) => Int16Array.from(own)), 2), result.byLayer.map(({ owned }) => owned));
  // Tokens are shown with the domain that they are of.
  const alphabet = [/^([a-z ]|<\|endoftext\|>)$/u, /^([0-9+]|<\|endoftext\|>)$/u];
  const uses = Array.from({ length: 64 }, (_, expert) => readExpertUses(run, 1, expert)).flat();
  assert.ok([0, 1].every((domain) => uses.some((use) => use.domain === domain)));
  for (const { domain, texts, at, weight } of uses) assert.ok(weight > 0 && at < texts.length && texts.every((text) => alphabet[domain]!.test(text)), texts.join(''));
  for (const [at, { name }] of domains.entries()) {
    const off = new ExpertsOff(new Map(owners.map((own, layer) => [layer, ExpertSet.of(64, [...own.keys()].filter((one) => own[one] === at))])));
    const purge = purgeResultSchema.parse(await runPurge(purgeConfigSchema.parse({ model: out, domains, tokens: 512, off: encodeOff(off), target: name }), contextIn(run)));
    const [target, other] = [purge.losses[at]!, purge.losses[1 - at]!];
    assert.ok(target.change > 0.02 && target.change > 3 * Math.abs(other.change), JSON.stringify(purge.losses));
    assert.ok(target.change > target.randomChange);
    assert.equal(purge.purged, result.byLayer[0]!.owned[at]! + result.byLayer[1]!.owned[at]!);
  }
  // Run again where it has ended, it gives the same without a model.
  assert.deepEqual(await runExperts(expertsConfigSchema.parse({ model: '/gone', domains }), contextIn(run)), result);
});

test('what cannot be is refused: no experts, an unknown domain, all experts, none, another number', async (t) => {
  const [dense, moe] = [temporaryFolder(t), temporaryFolder(t)];
  writeTinyModel(dense, tinyShape('dense'));
  writeTinyModel(moe, tinyShape('moe-x', smallLayers['moe-x']));
  const domains = writeDomains(temporaryFolder(t));
  const run = contextIn(temporaryFolder(t));
  const experts = (fields: Record<string, unknown>): Promise<unknown> => runExperts(expertsConfigSchema.parse({ model: moe, domains, ...fields }), run);
  await assert.rejects(experts({ model: dense }), { kind: 'unsupported', message: /no experts.*monet-hd/u });
  await assert.rejects(experts({ domains: [{ name: 'cod' }, { name: 'digits' }] }), { kind: 'bad-request', message: /did you mean code\?/u });
  const bits = (byte: number): { layer: number; experts: string }[] => [{ layer: 0, experts: Buffer.from([byte]).toString('base64') }];
  const purge = (off: { layer: number; experts: string }[], fields: Record<string, unknown> = {}): Promise<unknown> => runPurge(purgeConfigSchema.parse({ model: moe, domains, off, tokens: 128, ...fields }), run);
  await assert.rejects(purge(bits(255)), { kind: 'bad-request', message: /all 8 experts of layer 0: leave at least one/u });
  await assert.rejects(purge(bits(0)), { kind: 'bad-request', message: /choose one at least/u });
  await assert.rejects(purge([{ layer: 0, experts: 'AAAA' }]), { kind: 'mismatch' });
  await assert.rejects(purge([{ layer: 9, experts: Buffer.from([1]).toString('base64') }]), { kind: 'mismatch', message: /layer 9/u });
  const stop = contextIn(temporaryFolder(t), AbortSignal.abort());
  await assert.rejects(runPurge(purgeConfigSchema.parse({ model: moe, domains, off: bits(1), tokens: 128 }), stop), { kind: 'cancelled' });
});

test('a folder that was not finished is begun anew', async (t) => {
  const [moe, run] = [temporaryFolder(t), temporaryFolder(t)];
  writeTinyModel(moe, tinyShape('moe-x', smallLayers['moe-x']));
  writeFileSync(join(run, 'masses.f32'), 'half');
  const domains = writeDomains(temporaryFolder(t));
  const result = expertsResultSchema.parse(await runExperts(expertsConfigSchema.parse({ model: moe, domains, tokens: 128 }), contextIn(run)));
  assert.equal(result.layout, 'list');
  assert.equal((readExpertLayer(run, 0).masses.data as Float32Array).length, 16);
});
