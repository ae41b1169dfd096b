/** What a reconstruction costs the model that runs on it: cross-entropy and KL over the same rows, by splicing (metrics.md section 4). */
import { breathe } from '../job.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { spliceAt } from '../lm/splice.ts';
import type { TokenBatch } from '../lm/splice.ts';
import { scoped } from '../ops/scope.ts';

/** x float32 [rows, d] -> what takes its place, float32 [rows, dOut]. */
export type Replacement = (x: Float32Array, rows: number) => Float32Array;

/** Where activations are read, and where the replacement is put: one hook, but for transcoders. */
export interface SplicePlace {
  readonly read: string;
  readonly write: string;
}

/** In nats a token, over the scored rows. */
export interface SpliceMeans {
  readonly tokens: number;
  /** Of the untouched model. */
  readonly crossEntropy: number;
  /** By the replacement's name: cross-entropy, and KL(original || spliced). */
  readonly spliced: Readonly<Record<string, { readonly crossEntropy: number; readonly kl: number }>>;
}

/** float64 sums over scored rows; ratios are taken of sums, never averaged over batches. */
export class SpliceSums {
  readonly #spliced = new Map<string, { crossEntropy: number; kl: number }>();
  #tokens = 0;
  #crossEntropy = 0;

  addOriginal(crossEntropy: Float32Array): void {
    this.#tokens += crossEntropy.length;
    this.#crossEntropy += total(crossEntropy);
  }

  add(name: string, figures: { readonly crossEntropy: Float32Array; readonly kl: Float32Array }): void {
    const held = this.#spliced.get(name) ?? { crossEntropy: 0, kl: 0 };
    held.crossEntropy += total(figures.crossEntropy);
    held.kl += total(figures.kl);
    this.#spliced.set(name, held);
  }

  result(): SpliceMeans {
    const mean = (sum: number): number => sum / this.#tokens;
    const spliced = [...this.#spliced].map(([name, { crossEntropy, kl }]) => [name, { crossEntropy: mean(crossEntropy), kl: mean(kl) }]);
    return { tokens: this.#tokens, crossEntropy: mean(this.#crossEntropy), spliced: Object.fromEntries(spliced) };
  }
}

function total(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The activations at `hook` in the rows `counted`, float32 [counted, d]. */
function activationsAt(model: LanguageModel, { tokens, batch, length, documents }: TokenBatch, hook: string, counted: Int32Array): Float32Array {
  const d = model.hookWidth(hook);
  const { cache } = model.run(tokens, batch, length, { names: [hook], logits: false, ...(documents === undefined ? {} : { documents }) });
  const value = cache.get(hook)!;
  const all = scoped(() => value.dataSync<'float32'>());
  value.dispose();
  const x = new Float32Array(counted.length * d);
  counted.forEach((row, i) => x.set(all.subarray(row * d, (row + 1) * d), i * d));
  return x;
}

/**
 * Runs every batch once as it is and once with each replacement in the rows that count; the others keep their activation.
 * `step` is awaited between batches with the rows scored so far.
 */
export async function spliceOver(
  model: LanguageModel, place: SplicePlace, batches: Iterable<TokenBatch> | AsyncIterable<TokenBatch>, replacements: Readonly<Record<string, Replacement>>,
  step: (tokens: number) => Promise<void> = breathe,
): Promise<SpliceMeans> {
  const sums = new SpliceSums();
  let tokens = 0;
  for await (const batch of batches) {
    const splice = spliceAt(model, batch, place.write);
    try {
      sums.addOriginal(splice.crossEntropy);
      const x = place.read === place.write ? splice.x : activationsAt(model, batch, place.read, splice.counted);
      for (const [name, replace] of Object.entries(replacements)) sums.add(name, splice.replaced(replace(x, splice.counted.length)));
      tokens += splice.scored.length;
    } finally {
      splice.dispose();
    }
    await step(tokens);
  }
  return sums.result();
}

/** Zeros, `d` a row. */
export function zeroAblation(d: number): Replacement {
  return (_x, rows) => new Float32Array(rows * d);
}

/** The mean activation float32 [d] in each row. */
export function meanAblation(mean: Float32Array): Replacement {
  return (_x, rows) => {
    const out = new Float32Array(rows * mean.length);
    for (let row = 0; row < rows; row++) out.set(mean, row * mean.length);
    return out;
  };
}

export interface DownstreamFigures {
  readonly tokens: number;
  /** Nats a token: of the untouched model, the spliced one, and the two ablations. */
  readonly ce: number;
  readonly ceSpliced: number;
  readonly ceZero: number;
  readonly ceMean: number;
  /** ceSpliced - ce */
  readonly deltaCe: number;
  /** (ceZero - ceSpliced) / (ceZero - ce), not clamped; the other with ceMean. */
  readonly lossRecovered: number;
  readonly lossRecoveredMean: number;
  /** KL(original || spliced) */
  readonly kl: number;
  /** 1 - kl / KL of the ablation. */
  readonly klScore: number;
  readonly klScoreMean: number;
}

/** An ablation that costs less than this, in nats a token, says nothing: the share that a dictionary recovers of it is noise. */
export const leastInformative = 0.05;

/** The figures of means over the replacements named dictionary, zero and mean. */
export function downstreamFigures({ tokens, crossEntropy: ce, spliced }: SpliceMeans): DownstreamFigures {
  const [own, zero, mean] = ['dictionary', 'zero', 'mean'].map((name) => spliced[name]!) as [SpliceMeans['spliced'][string], SpliceMeans['spliced'][string], SpliceMeans['spliced'][string]];
  const recovered = (ablated: number): number => (ablated - own.crossEntropy) / (ablated - ce);
  return {
    tokens, ce, ceSpliced: own.crossEntropy, ceZero: zero.crossEntropy, ceMean: mean.crossEntropy, deltaCe: own.crossEntropy - ce,
    lossRecovered: recovered(zero.crossEntropy), lossRecoveredMean: recovered(mean.crossEntropy),
    kl: own.kl, klScore: 1 - own.kl / zero.kl, klScoreMean: 1 - own.kl / mean.kl,
  };
}
