/** Two kinds of text without a byte in common, and small models with experts that were trained on both. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DomainSpec } from '../../src/shared/schema/experts.ts';
import { tinyLmConfig, trainTiny } from './trained-lm.ts';

/** Documents of letters alone and of digits alone, a blank line between. */
export function writeDomains(folder: string, documents = 60): DomainSpec[] {
  const letters = Array.from({ length: documents }, (_, i) => ['the cat sat on the mat', 'a dog looked at the cat', 'the mat was on a dog'][i % 3]!);
  const digits = Array.from({ length: documents }, (_, i) => Array.from({ length: 8 }, (_, n) => (i * 7 + n * 3) % 100).join('+'));
  return [['letters', letters], ['digits', digits]].map(([name, texts]) => {
    const path = join(folder, `${name as string}.txt`);
    writeFileSync(path, (texts as string[]).join('\n\n'));
    return { name: name as string, corpus: path };
  });
}

/** Fields of a small layer of each kind with experts. */
export const smallLayers: Readonly<Record<string, Record<string, unknown>>> = {
  'monet-hd': { experts: 64, width: 4, heads: 2, active: 3, group: 2 },
  'monet-vd': { experts: 64, width: 4, heads: 2, active: 3, group: 2 },
  'moe-x': { experts: 8, k: 2, width: 16 },
  switch: { experts: 4, k: 1, width: 16 },
};

/** Trains a model of two blocks over bytes on both domains; its folder is `out`. */
export async function trainOnDomains(arch: string, domains: readonly DomainSpec[], out: string, steps = 120): Promise<void> {
  const mixed = join(out, '..', `mixed-${arch}`);
  mkdirSync(mixed, { recursive: true });
  for (const { name, corpus } of domains) copyFileSync(corpus!, join(mixed, `${name}.txt`));
  await trainTiny(tinyLmConfig(mixed, out, { arch, layers: 2, dModel: 32, heads: 2, context: 24, batch: 8, steps, lr: 6e-3, validTokens: 64, checkpointEvery: 10_000, validEvery: 10_000, layer: smallLayers[arch] ?? {} }));
}
