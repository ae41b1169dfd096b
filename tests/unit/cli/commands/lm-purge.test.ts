/** Experts on the command line: attributed, purged, saved, and left out by other commands. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { trainOnDomains, writeDomains } from '../../../support/expert-domains.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-purge-'));
const at = (name: string): string => join(folder, name);
after(() => rmSync(folder, { recursive: true, force: true }));
const domains = writeDomains(folder);
const named = domains.map(({ name, corpus }) => `${name}=${corpus}`).join(',');
before(() => trainOnDomains('monet-vd', domains, at('model')));

const experts = (...more: string[]): ReturnType<typeof inProcess> => inProcess(['lm', 'experts', '--model', at('model'), '--domains', named, '--tokens', '512', ...more]);
const purge = (...more: string[]): ReturnType<typeof inProcess> => inProcess(['lm', 'purge', '--model', at('model'), '--domains', named, '--tokens', '512', ...more]);

test('experts by domain and layer', async () => {
  const json = resultOf(await experts());
  const byDomain = json['by_domain'] as Record<string, number[]>;
  assert.deepEqual(Object.keys(byDomain), ['letters', 'digits']);
  assert.ok(byDomain['digits']!.length === 2 && byDomain['digits']!.every((count) => count > 0));
  const strict = resultOf(await experts('--factor', '1000'))['by_domain'] as Record<string, number[]>;
  assert.ok(strict['digits']!.every((count, layer) => count <= byDomain['digits']![layer]!));
});

test('a purge is measured, saved, and what eval and generate leave out is the same', async () => {
  const json = resultOf(await purge('--domain', 'digits', '--save', at('mask.json'), '--seed', '2'));
  const losses = json['losses'] as { domain: string; after: number; change: number; tokens: number }[];
  const digits = losses.find(({ domain }) => domain === 'digits')!;
  assert.ok(digits.change > 0);
  assert.equal(json['purged'], (json['byLayer'] as number[]).reduce((a, b) => a + b, 0));
  assert.equal(json['randomPurged'], json['purged']);
  assert.deepEqual(resultOf(await purge('--domain', 'digits', '--seed', '2'))['losses'], losses);
  // The halves of the corpus are taken in turn: what was measured on, by itself.
  const whole = resultOf(await inProcess(['lm', 'eval', '--model', at('model'), '--data', at('digits.txt')]));
  const masked = resultOf(await inProcess(['lm', 'eval', '--model', at('model'), '--data', at('digits.txt'), '--mask', at('mask.json')]));
  assert.ok(Number(masked['loss']) > Number(whole['loss']));
  assert.equal(masked['experts_off'], json['purged']);
  const generate = ['lm', 'generate', '--model', at('model'), '--prompt', '1+2', '--tokens', '8', '--temperature', '0'];
  resultOf(await inProcess([...generate, '--mask', at('mask.json')]));
});

test('experts that go with a score of texts are listed and saved', async () => {
  const texts = Array.from({ length: 12 }, (_, i) => JSON.stringify(i % 2 === 0 ? { text: 'the cat sat on', score: 0 } : { text: `${i}+${i + 1}+7`, score: 1 }));
  writeFileSync(at('scores.jsonl'), texts.join('\n'));
  const json = resultOf(await experts('--scores', at('scores.jsonl'), '--above', '0.8', '--save', at('scored.json')));
  const [best] = json['strongest'] as { name: string; correlation: number }[];
  assert.ok(best!.correlation > 0.8 && /^expert \(\d, \d\)$/u.test(best!.name), JSON.stringify(best));
  assert.ok(Number(resultOf(await inProcess(['lm', 'eval', '--model', at('model'), '--data', at('digits.txt'), '--mask', at('scored.json')]))['experts_off']) > 0);
});

test('bad input is refused by name', async () => {
  assertRefused(await purge('--domain', 'digit'), { kind: 'bad-request', says: [/--domain: "digit".*did you mean digits\?/u] });
  assertRefused(await purge(), { kind: 'bad-request', says: [/--domain is missing/u] });
  assertRefused(await purge('--domain', 'digits', '--against', 'digits'), { kind: 'bad-request', says: [/name others/u] });
  assertRefused(await purge('--domain', 'digits', '--against', 'lettres'), { kind: 'bad-request', says: [/did you mean letters\?/u] });
  assertRefused(await purge('--domain', 'digits', '--floor', '100'), { kind: 'bad-request', says: [/no expert belongs to digits.*lower --factor/u] });
  assertRefused(await purge('--domain', 'digits', '--factor', '0.5'), { kind: 'bad-request', says: [/--factor is "0\.5"/u] });
  assertRefused(await inProcess(['lm', 'experts', '--model', at('model'), '--domains', 'cod,digits']), { kind: 'bad-request', says: [/no domain "cod"; did you mean code\?/u] });
  assertRefused(await inProcess(['lm', 'experts', '--model', at('model'), '--domains', named, '--save', at('x')]), { kind: 'bad-request', says: [/--save goes with --scores/u] });
  assertRefused(await inProcess(['lm', 'eval', '--model', at('model'), '--mask', at('digits.txt'), '--data', at('digits.txt')]), { kind: 'bad-file', says: [/digits\.txt/u] });
  assertRefused(await inProcess(['lm', 'train', '--arch', 'monet-hd', '--data', at('digits.txt'), '--set', 'layer.experts=1000', '--out', at('no')]), { kind: 'bad-config', says: [/a square, like 1024/u] });
});
