/**
 * What Neuronpedia's rows have no field for: `loupe.jsonl.gz` beside them, so that our own export comes back as it was. Lines are
 * `{"feature", "mean", "low", "high"}` and `{"label", "confidence", "family"}`; other programs pass it by.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FieldProblem, numberField, parseRow, textField } from './fields.ts';
import { readLines } from './lines.ts';

export const exactName = 'loupe.jsonl.gz';

export interface ExactFeature {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface ExactLabel {
  readonly confidence: number | null;
  readonly family: string;
}

export interface Exact {
  readonly features: ReadonlyMap<number, ExactFeature>;
  readonly labels: ReadonlyMap<string, ExactLabel>;
}

export async function readExact(folder: string): Promise<Exact> {
  const [features, labels] = [new Map<number, ExactFeature>(), new Map<string, ExactLabel>()];
  const path = join(folder, exactName);
  if (!existsSync(path)) return { features, labels };
  for await (const { text } of readLines(path)) {
    try {
      const row = parseRow(text);
      const [feature, mean, low, high] = ['feature', 'mean', 'low', 'high'].map((name) => numberField(row, name));
      const label = textField(row, 'label', 100);
      const confidence = numberField(row, 'confidence');
      if (feature != null && mean != null && low != null && high != null) features.set(feature, { mean, low, high });
      else if (label !== null) labels.set(label, { confidence: confidence !== null && [1, 2, 3, 4, 5].includes(confidence) ? confidence : null, family: textField(row, 'family', 100) ?? '' });
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
    }
  }
  return { features, labels };
}
