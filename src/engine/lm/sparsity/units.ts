/** What a model's layers say of their units: how many, whether they have exact zeros, their names, and what else can be measured. */
import type { UnitNames } from '../../../shared/unit-names.ts';
import type { LanguageModel } from '../definition.ts';
import type { BlockStudy } from '../layers/definition.ts';

export interface ModelUnits {
  /** Units of a layer, the same in each. */
  readonly units: number;
  /** Units have exact zeros: ReLU and its like, experts' gates, sparse codes. */
  readonly exact: boolean;
  /** The layer's kind, of models that Loupe trained. */
  readonly arch: string | null;
  readonly names: UnitNames;
  /** A new study of one block, or null. */
  study(): BlockStudy | null;
}

/** Where a layer's units stand, float32 [batch, length, units]. */
export function unitsHook(layer: number): string {
  return `blocks.${layer}.mlp.hook_post`;
}

/** Asked of the layer's kind, or of the config of another family, whose units are the neurons of its MLP. */
export function unitsOf({ config, own }: LanguageModel): ModelUnits {
  if (own === null) {
    return { units: config.dMlp, exact: config.activation === 'relu', arch: null, names: { pattern: 'neuron {n}', width: null }, study: () => null };
  }
  const { kind, config: layer, size } = own;
  return {
    units: kind.units(layer, size), exact: !(kind.smooth?.(layer) ?? false), arch: kind.id,
    names: kind.unitNames(layer, size), study: () => kind.study?.(layer, size) ?? null,
  };
}

/** What of the study applies to a model and what does not, in words. */
export function notesOf(model: LanguageModel, { exact, arch }: ModelUnits, epsilon: number): string[] {
  const study = unitsOf(model).study();
  const own = study?.hooks ?? [];
  return [
    exact ? 'A unit fires where it is not exactly 0.' : `Units of this model are never exactly 0: one fires where |a| exceeds ${epsilon} of the root mean square of its layer. Such shares cannot be compared with those of exact zeros.`,
    ...(own.includes('hook_resid_mid') ? [] : ['Coding rates are of CRATE models: left out.']),
    ...(own.includes('mlp.hook_post') ? [] : [`Loads of experts and router agreement are of mixtures of experts: left out${arch === null ? '' : ` for ${arch}`}.`]),
    'Blur and impulses of the image protocol have no place in token sequences: noise on embeddings and drawn tokens stand for them.',
  ];
}
