/** Figures with what they were taken over and how, and `eval.json`, which keeps them beside the dictionary. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { metricById, tokenSet } from '../../shared/metrics.ts';
import { evaluationFileSchema } from '../../shared/schema/evaluation.ts';
import type { MetricRecord } from '../../shared/schema/evaluation.ts';
import { codeVersion } from '../code-version.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { readJson } from '../formats/sae-lens.ts';
import type { DictionaryProvenance } from '../sae/dictionary.ts';

/** Where the figures of a dictionary are kept: eval.json in its folder; beside a dictionary that is a single file, under its name. */
export function evaluationPath(dictionary: string): string {
  const isFile = statSync(dictionary, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? `${dictionary}.eval.json` : join(dictionary, 'eval.json');
}

/** What all figures of one evaluation have in common. */
export type RecordFrame = Pick<MetricRecord, 'dtype' | 'inference' | 'model' | 'hookPoint' | 'data' | 'configHash' | 'normalisation'>;

/** How one figure differs from the others. */
export interface RecordDetail {
  /** The formula, where shared/metrics.ts does not have it. */
  readonly definition?: string;
  readonly set?: MetricRecord['tokens']['set'];
  readonly batchRows?: number;
  readonly ablation?: MetricRecord['ablation'];
  readonly note?: string;
}

const masks: Readonly<Record<MetricRecord['tokens']['set'], string>> = {
  counted: tokenSet,
  all: 'all tokens, position 0 and special tokens too',
  excluded: 'position 0 of a context and special tokens alone',
  typical: `${tokenSet}, less those of norm over about 10 times the median (attention sinks)`,
};

/** One figure as a record. Kind defect for a figure without a formula. */
export function recordOf(frame: RecordFrame, id: string, value: number, count: number, detail: RecordDetail = {}): MetricRecord {
  const { set = 'counted', batchRows = null, ablation = null, note = '' } = detail;
  const definition = detail.definition ?? metricById(id)?.formula;
  if (definition === undefined) throw new LoupeError('defect', `the figure "${id}" has no definition in shared/metrics.ts`);
  return {
    id, value: Number.isFinite(value) ? value : null, definition, tokens: { count, set }, mask: masks[set], batchRows, ablation, note, codeVersion: codeVersion(), ...frame,
  };
}

/** sha256 over a dictionary's training config, its keys in order; empty where another program trained it. */
export function configHashOf({ config, codeVersion: trainedBy }: DictionaryProvenance): string {
  // other programs are named before their version
  if (!/^\d/.test(trainedBy)) return '';
  const sorted = Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

const keyOf = ({ id, tokens, data, hookPoint, batchRows }: MetricRecord): string => JSON.stringify([id, tokens, data, hookPoint, batchRows]);

/** `fresh` after those of `held` that it does not replace: figures of the same name over the same tokens. */
export function mergeRecords(held: readonly MetricRecord[], fresh: readonly MetricRecord[]): MetricRecord[] {
  const replaced = new Set(fresh.map(keyOf));
  return [...held.filter((record) => !replaced.has(keyOf(record))), ...fresh];
}

/** The records of the dictionary at a path; none where it has none. Kind bad-file names the field. */
export function readRecords(dictionary: string): readonly MetricRecord[] {
  const path = evaluationPath(dictionary);
  if (!existsSync(path)) return [];
  const parsed = evaluationFileSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data.records;
  const issue = parsed.error.issues[0]!;
  throw new LoupeError('bad-file', `${path}: ${issue.path.join('.')}: ${issue.message}. Delete the file and evaluate again.`);
}

/** Adds records to those of the dictionary at a path. */
export function addRecords(dictionary: string, fresh: readonly MetricRecord[]): void {
  writeJsonAtomic(evaluationPath(dictionary), { format: 'loupe-evaluation', version: 1, records: mergeRecords(readRecords(dictionary), fresh) });
}
