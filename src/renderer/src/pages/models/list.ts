/** The models to choose from: those of the workspace first, then those that lie in other programs' folders. Pure. */
import type { FoundModel, Item } from '../../../../shared/schema/workspace.ts';

export interface ListedModel {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly problem: string | null;
  /** Where it lies, in words. */
  readonly where: string;
  /** It is in the workspace's list already. */
  readonly known: boolean;
}

const origins: Readonly<Record<FoundModel['origin'], string>> = { sample: 'sample', loupe: 'comes with Loupe', 'hugging-face': 'Hugging Face cache', 'lm-studio': 'LM Studio', ollama: 'Ollama', workspace: 'workspace' };

export function listModels(items: readonly Item[], found: readonly FoundModel[]): ListedModel[] {
  const own = items.map(({ path, name, bytes, problem, linked }): ListedModel => ({ path, name, bytes, problem, where: linked ? 'linked' : 'workspace', known: true }));
  const paths = new Set(own.map((model) => model.path));
  const others = found.filter((model) => !paths.has(model.path)).map(({ path, name, bytes, problem, origin }): ListedModel => ({ path, name, bytes, problem, where: origins[origin], known: false }));
  return [...own, ...others];
}

/** The hooks of a model by their place: `blocks.3.hook_resid_post` and its like of other layers in one line. In the model's order. */
export function hookFamilies(hooks: readonly { readonly name: string; readonly d: number }[]): { readonly pattern: string; readonly count: number; readonly d: number }[] {
  const families = new Map<string, { pattern: string; count: number; d: number }>();
  for (const { name, d } of hooks) {
    const pattern = name.replace(/^blocks\.\d+\./, 'blocks.{layer}.');
    const key = `${pattern} ${d}`;
    const known = families.get(key);
    if (known === undefined) families.set(key, { pattern, count: 1, d });
    else known.count++;
  }
  return [...families.values()];
}

/** The hook to begin with: the residual stream in the middle of the model, where it has one. */
export function middleHook(hooks: readonly { readonly name: string }[], layers: number): string | null {
  const wanted = `blocks.${Math.floor(layers / 2)}.hook_resid_post`;
  return hooks.some(({ name }) => name === wanted) ? wanted : null;
}

/** Bytes that the weights take in the engine when each is held as float32. What a forward pass needs comes on top. */
export function weightBytes(parameters: number): number {
  return parameters * 4;
}
