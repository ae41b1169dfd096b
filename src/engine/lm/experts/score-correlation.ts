/** Experts that go with a score of texts, such as how toxic they are (Park et al. 2024, arXiv 2412.04139, section 5: a threshold on what goes with it). */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import type { LanguageModel } from '../definition.ts';
import { MassCorrelation } from '../layers/monet/attribution.ts';
import { attributeExperts } from './attribute.ts';
import { ExpertSet } from './expert-set.ts';
import { expertsOf } from './experts-off.ts';

const lineSchema = z.object({ text: z.string().min(1).max(1 << 20), score: z.number() });

export type ScoredText = z.infer<typeof lineSchema>;

const mostBytes = 1 << 28;
/** Strongest that are listed. */
const listed = 50;

/** JSON lines {"text", "score"}. Kinds: not-found, bad-file (names the line), bad-request (fewer than three texts). */
export function readScoredTexts(path: string): ScoredText[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw new LoupeError('not-found', `scores: there is no file ${path}`);
  if (stat.size > mostBytes) throw new LoupeError('bad-file', `scores: ${path} has ${stat.size} bytes, more than the ${mostBytes} that are read`);
  const texts = readFileSync(path, 'utf8').split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [lineSchema.parse(JSON.parse(line))];
    } catch {
      throw new LoupeError('bad-file', `scores: line ${i + 1} of ${path} is no {"text": "...", "score": 0.5}`);
    }
  });
  if (texts.length < 3) throw new LoupeError('bad-request', `scores: ${path} has ${texts.length} texts: a correlation takes three or more`);
  return texts;
}

export interface CorrelatedExperts {
  /** Those above the threshold, by layer. */
  readonly experts: ReadonlyMap<number, ExpertSet>;
  /** The fifty strongest of all layers. */
  readonly strongest: readonly { readonly layer: number; readonly expert: number; readonly correlation: number }[];
}

/** Pearson's correlation over texts between the mean weight of each expert and the score; each text is read from its start, a context at most at a time. Kinds: unsupported, cancelled. */
export async function correlatedExperts(model: LanguageModel, texts: readonly ScoredText[], above: number, signal: AbortSignal): Promise<CorrelatedExperts> {
  const { experts } = expertsOf(model.config);
  const sums = Array.from({ length: model.config.layers }, () => new MassCorrelation(experts));
  for (const { text, score } of texts) {
    const ids = model.tokenizer.encode(text);
    if (ids.length === 0) continue;
    const { masses } = await attributeExperts(model, [ids], { signal, uses: 0 });
    masses.forEach(([mass], layer) => sums[layer]!.add(mass!, score));
  }
  const all = sums.map((sum) => sum.correlations());
  const sets = new Map(all.map((correlations, layer): [number, ExpertSet] => [layer, ExpertSet.of(experts, [...correlations.keys()].filter((expert) => correlations[expert]! > above))]));
  const strongest = all.flatMap((correlations, layer) => Array.from(correlations, (correlation, expert) => ({ layer, expert, correlation })));
  return { experts: sets, strongest: strongest.sort((a, b) => b.correlation - a.correlation).slice(0, listed) };
}
