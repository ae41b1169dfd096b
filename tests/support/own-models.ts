/** Small models of every kind of layer, for tests of what is common to all. */
import { shapeOf, type OwnShape } from '../../src/engine/lm/own/config.ts';
import { writeOwnModel } from '../../src/engine/lm/own/files.ts';
import { modelSpecs, startValues } from '../../src/engine/lm/own/parameters.ts';
import { byteEnd, byteTokenizerJson, endOfText } from '../../src/engine/lm/training/byte-tokenizer.ts';
import type { TokenContexts } from '../../src/engine/lm/training/token-files.ts';
import { LmTrainer, type LmSettings } from '../../src/engine/lm/training/trainer.ts';
import { Random } from '../../src/engine/random.ts';

export const settings: LmSettings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1, seed: 0 };

/** Two blocks of width 16 over bytes. */
export function tinyShape(arch: string, layer: Record<string, unknown> = {}, sizes: { readonly layers?: number; readonly vocab?: number } = {}): OwnShape {
  return shapeOf({ arch, layers: 2, dModel: 16, heads: 2, context: 12, vocab: 257, tiedEmbeddings: true, layer, ...sizes });
}

export function tinyTrainer(shape: OwnShape, changed: Partial<LmSettings> = {}): LmTrainer {
  return new LmTrainer(shape, { ...settings, ...changed }, (spec) => startValues(spec, 1));
}

/** Bytes that repeat with a period of four, each context from another place: what a model soon learns. */
export function periodicContexts(seed: number, batch = 4, length = 12): TokenContexts {
  const random = Random.from(seed, 'contexts');
  const text = Int32Array.from([97, 98, 99, 100]);
  const [tokens, targets] = [new Int32Array(batch * length), new Int32Array(batch * length)];
  for (let row = 0; row < batch; row++) {
    const first = random.integer(4);
    for (let i = 0; i < length; i++) {
      tokens[row * length + i] = text[(first + i) % 4]!;
      targets[row * length + i] = text[(first + i + 1) % 4]!;
    }
  }
  return { tokens, targets, batch, length };
}

/** Writes a model at its start values, ten times the usual ones, so that every part matters. */
export function writeTinyModel(folder: string, shape: OwnShape, dtype: 'F32' | 'F16' = 'F32'): void {
  const values = new Map(modelSpecs(shape).map((spec) => [spec.name, startValues(spec, 1).map((value) => (spec.decay ? 10 * value : value))]));
  writeOwnModel(folder, { shape, dtype, tokenizer: byteTokenizerJson(), eosTokenId: byteEnd, eosToken: endOfText, values: (name) => values.get(name)! });
}
