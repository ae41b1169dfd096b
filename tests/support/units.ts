/** Tiny models of every kind of layer, a store of their units, and a catalog of them, by the command line. */
import { join } from 'node:path';
import { tinyShape, writeTinyModel } from './own-models.ts';
import { inProcess, resultOf } from './command-line.ts';
import { writeCorpus } from './main-job.ts';
import { writeTinyLlama } from './tiny-llama.ts';

export const unitsHook = 'blocks.1.mlp.hook_post';
export const contextLength = 12;

/** What stands for each kind: its layer's fields, or null for a family of others. Monet's experts are 4 x 4. */
export const unitKinds: Readonly<Record<string, { readonly arch: string; readonly layer: Record<string, unknown> } | null>> = {
  relu: { arch: 'dense', layer: { activation: 'relu' } },
  gelu: { arch: 'dense', layer: { activation: 'gelu' } },
  switch: { arch: 'switch', layer: { experts: 4, k: 1, width: 8 } },
  'moe-x': { arch: 'moe-x', layer: { experts: 4, k: 2, width: 8 } },
  'monet-hd': { arch: 'monet-hd', layer: { experts: 16, width: 2, active: 2 } },
  'monet-vd': { arch: 'monet-vd', layer: { experts: 16, width: 2, active: 2 } },
  crate: { arch: 'crate', layer: {} },
  llama: null,
};

export interface UnitsJob {
  readonly model: string;
  readonly store: string;
  readonly catalog: string;
  readonly workspace: string;
  /** Arguments of the build; `changed` are put behind. */
  readonly arguments: (...changed: readonly string[]) => string[];
}

export function writeUnitsModel(folder: string, kind: string): void {
  const own = unitKinds[kind]!;
  if (own === null) writeTinyLlama(folder);
  else writeTinyModel(folder, tinyShape(own.arch, own.layer));
}

/** Model and float32 store in `folder`; 50 contexts of 12 tokens. */
export async function makeUnitsStore(folder: string, kind: string): Promise<UnitsJob> {
  const at = (name: string): string => join(folder, name);
  const job = { model: at('model'), store: at('store'), catalog: at('units.loupe'), workspace: at('workspace') };
  writeUnitsModel(job.model, kind);
  writeCorpus(at('corpus.txt'), 60);
  resultOf(await inProcess(['harvest', '--model', job.model, '--hook', unitsHook, '--corpus', at('corpus.txt'), '--out', job.store, '--tokens', '600', '--context-length', String(contextLength), '--dtype', 'float32']));
  const build = ['catalog', 'build', '--workspace', job.workspace, '--store', job.store, '--model', job.model, '--units', '--out', job.catalog, '--neighbours', '3', '--related', '3', '--logits', '5'];
  return { ...job, arguments: (...changed) => [...build, ...changed] };
}

/** The same, with its catalog. */
export async function makeUnitsCatalog(folder: string, kind: string, ...changed: readonly string[]): Promise<UnitsJob & { readonly result: Record<string, unknown> }> {
  const job = await makeUnitsStore(folder, kind);
  return { ...job, result: resultOf(await inProcess(job.arguments(...changed))) };
}
