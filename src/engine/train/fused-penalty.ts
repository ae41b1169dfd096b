/** The sparsity penalties of the fused forms. */
import type { FusedForm, LossContext } from '../sae/definition.ts';

export type KindOf<K extends FusedForm['kind']> = Extract<FusedForm, { readonly kind: K }>;

/** The penalty of an L0 before its coefficient, and d (coefficient * penalty) / d L0. */
export function sparsityOf({ targetL0, coefficient }: KindOf<'jumprelu'>, l0: number, context: LossContext): { readonly penalty: number; readonly slope: number } {
  const factor = coefficient(context);
  if (targetL0 === null) return { penalty: l0, slope: factor };
  const miss = l0 / targetL0 - 1;
  return { penalty: miss * miss, slope: (factor * 2 * miss) / targetL0 };
}
