/** Which figures an evaluation is asked for: `--metrics` names them, one by one or in groups. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { compatForms } from './compat/registry.ts';
import type { CompatForm } from './compat/definition.ts';

/** Groups of figures by the names of shared/metrics.ts. */
export const metricGroups = {
  reconstruction: ['fvu', 'ev', 'biasShare', 'mse', 'cosine', 'l2Ratio', 'gamma'],
  sparsity: ['l0', 'l0Median', 'l0P95', 'l1', 'l1Weighted', 'dead', 'dense', 'rare', 'negative'],
  downstream: ['ce', 'ceSpliced', 'ceZero', 'ceMean', 'deltaCe', 'lossRecovered', 'lossRecoveredMean', 'kl', 'klScore', 'klScoreMean'],
  weights: ['encoderDecoderCosine', 'coherence'],
} as const;

export type MetricGroup = keyof typeof metricGroups;

const groups = Object.keys(metricGroups) as MetricGroup[];
const groupOf = (id: string): MetricGroup | undefined => groups.find((group) => (metricGroups[group] as readonly string[]).includes(id));

export interface MetricSelection {
  /** Figures by id. */
  readonly ids: ReadonlySet<string>;
  readonly compat: readonly CompatForm[];
  /** Histograms of density, norms, cosines and biases. */
  readonly histograms: boolean;
  needs(group: MetricGroup): boolean;
}

/**
 * The figures that `list` names: ids, groups, `compat` or a form of it, `histograms`, `all`. Without a list reconstruction and sparsity, and what it
 * costs downstream where a model is given. Kind bad-request for an unknown name, and for downstream figures without a model.
 */
export function selectMetrics(list: string | null, hasModel: boolean): MetricSelection {
  const names = (list ?? `reconstruction,sparsity${hasModel ? ',downstream' : ''}`).split(',').map((name) => name.trim()).filter((name) => name !== '');
  const everything = [...groups, 'compat', 'histograms'].filter((name) => name !== 'downstream' || hasModel);
  const [ids, compat] = [new Set<string>(), new Set<CompatForm>()];
  let histograms = false;
  for (const name of names.flatMap((n) => (n === 'all' ? everything : [n]))) {
    if (name in metricGroups) metricGroups[name as MetricGroup].forEach((id) => ids.add(id));
    else if (groupOf(name) !== undefined) ids.add(name);
    else if (name === 'histograms') histograms = true;
    else formsNamed(name).forEach((form) => compat.add(form));
  }
  const needs = (group: MetricGroup): boolean => metricGroups[group].some((id) => ids.has(id));
  if (needs('downstream') && !hasModel) throw new LoupeError('bad-request', '--metrics asks for what the dictionary costs downstream, which takes the language model: give --model');
  return { ids, compat: [...compat], histograms, needs };
}

function formsNamed(name: string): readonly CompatForm[] {
  const found = compatForms.filter(({ id }) => name === 'compat' || id === name);
  if (found.length > 0) return found;
  const known = [...groups, 'compat', 'histograms', 'all', ...compatForms.map(({ id }) => id), ...Object.values(metricGroups).flat()];
  const near = nearestName(name, known);
  throw new LoupeError('bad-request', `--metrics: there is no figure "${name}"${near === undefined ? '' : `; did you mean ${near}?`} Groups: ${groups.join(', ')}, compat, histograms, all`);
}
