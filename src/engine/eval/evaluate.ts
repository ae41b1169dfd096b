/** An evaluation from paths to records: opens dictionary, store, model and corpus, takes the figures asked for, and keeps them in eval.json. */
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import { metricById, tokenSet } from '../../shared/metrics.ts';
import type { MetricRecord } from '../../shared/schema/evaluation.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { coherenceOf } from '../sae/atoms/coherence.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { directionNorms, noDirectionOf } from '../sae/directions.ts';
import { LoadedDictionary } from '../sae/inference.ts';
import { loadDictionary } from '../sae/load.ts';
import { checkDictionary, checkFigures } from './self-check.ts';
import type { CheckResult } from './self-check.ts';
import type { CompatForm, CompatSums } from './compat/definition.ts';
import { batchesOf, contextsAtATime, rowsOf } from './contexts.ts';
import type { EvaluationContexts } from './contexts.ts';
import { downstreamFigures, leastInformative, meanAblation, spliceOver, zeroAblation } from './downstream.ts';
import type { DownstreamFigures } from './downstream.ts';
import { densityHistogram, encoderDecoderCosines, histogramOf } from './histograms.ts';
import { openEvaluated } from './open.ts';
import type { EvaluatedConfig } from './open.ts';
import { addRecords, configHashOf, recordOf } from './records.ts';
import type { RecordFrame } from './records.ts';
import { evaluateDictionary } from './reconstruction.ts';
import type { Evaluation } from './reconstruction.ts';
import { metricGroups, selectMetrics } from './selection.ts';
import type { MetricSelection } from './selection.ts';

export interface EvaluateConfig extends EvaluatedConfig {
  /** Folder of the dictionary. */
  readonly dictionary: string;
  /** Figures by name, with commas between them; null: what selection.ts says. */
  readonly metrics: string | null;
  /** Tokens that are spliced. */
  readonly spliceTokens: number;
  /** Contexts in one pass of the model. */
  readonly spliceBatch: number;
}

export type EvaluateContext = Pick<JobContext, 'signal' | 'progress' | 'log'>;

/** Reports progress, lets messages in, and stops on request. */
export function stepper({ signal, progress }: EvaluateContext, phase: string, total: number): (done: number) => Promise<void> {
  return async (done) => {
    progress({ phase, step: done, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
    await breathe();
    if (signal.aborted) throw new LoupeError('cancelled', 'evaluation stopped');
  };
}

/** How a dictionary chooses its latents, in words. */
export function inferenceOf(dictionary: Dictionary): string {
  if (dictionary.units !== undefined) return dictionary.units.keep === null ? 'units that are not 0' : `the ${dictionary.units.keep} largest units`;
  if (!(dictionary instanceof LoadedDictionary)) return `${dictionary.provenance.variant}'s own`;
  const { form } = dictionary.weights;
  if (form.kind === 'topk' || form.kind === 'abs-topk') return `${form.kind}, k ${form.k}`;
  return form.kind === 'jumprelu' ? 'threshold' : form.kind;
}

function frameOf(dictionary: Dictionary, source: EvaluationContexts, hookPoint: string): RecordFrame {
  return {
    dtype: source.dtype, inference: inferenceOf(dictionary), model: source.model, hookPoint, data: source.data, configHash: configHashOf(dictionary.provenance),
    normalisation: 'raw activation units; variance about the mean over the same tokens',
  };
}

/** What takes `x`'s place in the model, beside the two ablations. */
export async function spliceDictionary(
  model: LanguageModel, dictionary: Dictionary, source: EvaluationContexts, hooks: { readonly read: string; readonly write: string }, mean: Float32Array,
  config: Pick<EvaluateConfig, 'spliceTokens' | 'spliceBatch'>, context: EvaluateContext,
): Promise<DownstreamFigures> {
  const d = model.hookWidth(hooks.write);
  if (d !== dictionary.dOut) throw new LoupeError('mismatch', `${hooks.write} of ${model.config.name} is ${d} wide, the dictionary gives ${dictionary.dOut}: it belongs to another hook or model`);
  const replacements = { dictionary: (x: Float32Array, rows: number) => dictionary.reconstruct(x, rows), zero: zeroAblation(d), mean: meanAblation(mean) };
  const tokens = Math.min(config.spliceTokens, source.contexts * source.contextLength);
  return downstreamFigures(await spliceOver(model, hooks, batchesOf(source, tokens, config.spliceBatch), replacements, stepper(context, 'splice', tokens)));
}

function evaluationRecords(frame: RecordFrame, evaluation: Evaluation, ids: ReadonlySet<string>): MetricRecord[] {
  const sets = [['counted', evaluation.masked], ['all', evaluation.unmasked], ['excluded', evaluation.excluded]] as const;
  const names = [...metricGroups.reconstruction, ...metricGroups.sparsity].filter((id) => ids.has(id));
  const typical = metricGroups.reconstruction.filter((id) => ids.has(id)).map((id) => recordOf(frame, id, evaluation.typical[id], evaluation.typical.rows, { set: 'typical' }));
  const note = sinkNote(evaluation);
  return [
    ...sets.flatMap(([set, figures]) => (figures.rows === 0 ? [] : names.map((id) => recordOf(frame, id, figures[id], figures.rows, { set, note: set === 'counted' && id === 'fvu' ? note : '' })))),
    ...typical,
  ];
}

/** Said where a few rows of huge norm decide the figure: FVU without them differs by more than a tenth. */
function sinkNote({ masked, typical, sinks }: Evaluation): string {
  if (sinks === 0 || Math.abs(masked.fvu - typical.fvu) <= 0.1 * typical.fvu) return '';
  return `${sinks} of ${masked.rows} tokens, of norm over 10 times the median, decide it: FVU without them ${typical.fvu.toPrecision(4)}`;
}

const ablationOf: Readonly<Record<string, 'zero' | 'mean'>> = { ceZero: 'zero', lossRecovered: 'zero', klScore: 'zero', ceMean: 'mean', lossRecoveredMean: 'mean', klScoreMean: 'mean' };

function downstreamRecords(frame: RecordFrame, figures: DownstreamFigures, ids: ReadonlySet<string>): MetricRecord[] {
  return metricGroups.downstream.filter((id) => ids.has(id)).map((id) => {
    const ablation = ablationOf[id] ?? null;
    const lost = Math.abs((ablation === 'mean' ? figures.ceMean : figures.ceZero) - figures.ce);
    const share = id.startsWith('lossRecovered') || id.startsWith('klScore');
    const note = share && lost < leastInformative ? `uninformative: the ${ablation} ablation costs only ${lost.toPrecision(2)} nats a token` : '';
    return recordOf({ ...frame, normalisation: 'rows that count are replaced, the others keep their activation; nats a token' }, id, figures[id], figures.tokens, { ablation, note });
  });
}

function compatRecords(frame: RecordFrame, form: CompatForm, sums: CompatSums, rows: number, batchRows: number): MetricRecord[] {
  const detail = form.batchDependent ? { batchRows } : {};
  return Object.entries(sums.result()).map(([name, value]) => recordOf(
    { ...frame, normalisation: `raw activation units; as ${form.title} computes it` }, `${form.id}.${name}`, value, rows, { ...detail, definition: form.formulas[name]! },
  ));
}

/** Figures of the weights alone. */
function weightFigures(dictionary: Dictionary, ids: ReadonlySet<string>): Record<string, number> {
  const figures: Record<string, number> = {};
  if (ids.has('coherence') && noDirectionOf(dictionary) === null) figures['coherence'] = coherenceOf(dictionary.wDec, dictionary.dSae, dictionary.dOut).max;
  if (ids.has('encoderDecoderCosine') && dictionary instanceof LoadedDictionary && dictionary.dIn === dictionary.dOut) {
    const cosines = encoderDecoderCosines(dictionary.weights.wEnc, dictionary.wDec, dictionary.dSae).filter((cosine) => !Number.isNaN(cosine));
    figures['encoderDecoderCosine'] = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  }
  return figures;
}

function histogramsOf(dictionary: Dictionary, { firing }: Evaluation): Record<string, unknown> {
  const { dSae, dIn, dOut } = dictionary;
  const own = dictionary instanceof LoadedDictionary ? dictionary.weights : null;
  return {
    density: densityHistogram(firing.firings, firing.rows),
    decoderNorm: histogramOf(directionNorms(dictionary), 50),
    ...(own === null ? {} : { encoderBias: histogramOf(own.bEnc, 50) }),
    ...(own === null || dIn !== dOut ? {} : { encoderDecoderCosine: histogramOf(encoderDecoderCosines(own.wEnc, own.wDec, dSae), 50, [-1, 1]) }),
  };
}

export interface EvaluateResult {
  readonly records: readonly MetricRecord[];
  readonly evaluation: Evaluation;
  readonly downstream: DownstreamFigures | null;
  readonly histograms: Readonly<Record<string, unknown>> | null;
  readonly json: Readonly<Record<string, unknown>>;
}

async function figuresOf(config: EvaluateConfig, selection: MetricSelection, dictionary: Dictionary, context: EvaluateContext): Promise<EvaluateResult> {
  const opened = await openEvaluated(config, dictionary, context);
  try {
    const { source, spliced, hooks, model } = opened;
    const compat = selection.compat.map((form) => form.create(dictionary.dSae));
    const total = source.contexts * source.contextLength;
    const evaluation = await evaluateDictionary(dictionary, rowsOf(source), stepper(context, 'evaluate', total), compat);
    const splices = model !== null && selection.needs('downstream');
    if (splices && hooks.read.length > 1) throw new LoupeError('unsupported', 'a dictionary over several hooks cannot be spliced into one: leave downstream figures out of --metrics');
    const place = { read: hooks.read[0]!, write: hooks.target ?? hooks.read[0]! };
    const downstream = splices ? await spliceDictionary(model, dictionary, spliced, place, evaluation.mean, config, context) : null;
    const frame = frameOf(dictionary, source, hooks.read.join(' '));
    const { rows } = evaluation.masked;
    const records = [
      ...evaluationRecords(frame, evaluation, selection.ids),
      ...(downstream === null ? [] : downstreamRecords({ ...frame, data: spliced.data }, downstream, selection.ids)),
      ...Object.entries(weightFigures(dictionary, selection.ids)).map(([id, value]) => recordOf(frame, id, value, rows)),
      ...selection.compat.flatMap((form, i) => compatRecords(frame, form, compat[i]!, rows, Math.min(total, contextsAtATime * source.contextLength))),
    ];
    const histograms = selection.histograms ? histogramsOf(dictionary, evaluation) : null;
    return { records, evaluation, downstream, histograms, json: jsonOf(config, frame, { records, evaluation, downstream, histograms }) };
  } finally {
    opened.close();
  }
}

/** The definition of each figure, beside the figures. */
function definitionsOf(figures: object): Record<string, string> {
  return Object.fromEntries(Object.keys(figures).flatMap((name) => (metricById(name) === undefined ? [] : [[name, metricById(name)!.formula]])));
}

function jsonOf(config: EvaluateConfig, { hookPoint }: RecordFrame, { records, evaluation, downstream, histograms }: Omit<EvaluateResult, 'json'>): Record<string, unknown> {
  const { tokens: splicedTokens, ...costs } = downstream ?? { tokens: 0 };
  const figures = { ...evaluation.masked, ...costs };
  return {
    dictionary: config.dictionary, activations: config.activations, hookPoint, ...figures, ...(downstream === null ? {} : { splicedTokens }),
    unmasked: evaluation.unmasked, excluded: evaluation.excluded, typical: { ...evaluation.typical, sinks: evaluation.sinks }, tokenSet, definitions: definitionsOf(figures), records,
    ...(histograms === null ? {} : { histograms }),
  };
}

/** Figures that cannot be kept (another's folder, a full disk) are still printed. */
function keep(dictionary: string, records: readonly MetricRecord[], { log }: EvaluateContext): void {
  try {
    addRecords(dictionary, records);
  } catch (error) {
    const { kind, message } = toErrorBody(error);
    if (kind !== 'read-only' && kind !== 'no-space') throw error;
    log(`the figures are printed, and not kept beside the dictionary: ${message}`);
  }
}

/**
 * Evaluates and writes eval.json. Kinds: not-found, bad-file, mismatch (widths, another hook or model), bad-request (a figure that is unknown,
 * or that needs a model), cancelled.
 */
export async function evaluate(config: EvaluateConfig, context: EvaluateContext): Promise<EvaluateResult> {
  const selection = selectMetrics(config.metrics, config.model !== null);
  const dictionary = await loadDictionary(config.dictionary);
  try {
    const result = await figuresOf(config, selection, dictionary, context);
    keep(config.dictionary, result.records, context);
    return result;
  } finally {
    dictionary.dispose();
  }
}

/**
 * Puts the identity, nothing and the mean through the evaluation of a store, or of a model over a corpus, and says what came out beside what must.
 * Downstream figures are checked where a model is given. Kinds as `evaluate`.
 */
export async function selfCheck(config: Omit<EvaluateConfig, 'dictionary' | 'metrics'>, context: EvaluateContext): Promise<readonly CheckResult[]> {
  const { source, spliced, hooks, model, close } = await openEvaluated(config, null, context);
  try {
    const total = source.contexts * source.contextLength;
    const first = source.rows(0, 1);
    const zero = checkDictionary('zero', new Float32Array(first.x.length / first.rows));
    const { mean } = await evaluateDictionary(zero, rowsOf(source), stepper(context, 'mean', total));
    const place = { read: hooks.read[0]!, write: hooks.read[0]! };
    const results: CheckResult[] = [];
    for (const kind of ['identity', 'zero', 'mean'] as const) {
      const dictionary = checkDictionary(kind, mean);
      const { masked } = await evaluateDictionary(dictionary, rowsOf(source), stepper(context, kind, total));
      results.push(...checkFigures(kind, masked, model === null ? null : await spliceDictionary(model, dictionary, spliced, place, mean, config, context)));
    }
    return results;
  } finally {
    close();
  }
}
