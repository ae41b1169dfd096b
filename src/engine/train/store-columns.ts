/** What a row of training data is made of: which hooks of which stores stand in it, and whether the stores belong together. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { gradientHook } from '../store/manifest.ts';
import type { ActivationStore } from '../store/types.ts';
import { eachPart, sideBySide, type PartName, type RowParts, type Widths } from './row-parts.ts';
import type { SourceIdentity } from './source.ts';

export interface ColumnOptions {
  /** The hook to train at; null where the stores have only one. */
  readonly hookPoint: string | null;
  /** Several hooks that stand side by side in x, in place of `hookPoint`: one for each of the stores and `beside`, or all of the stores. */
  readonly hookPoints?: readonly string[];
  /** The hook that is predicted. */
  readonly targetHook?: string | null;
  /** The loss gradient at the hook is wanted. */
  readonly gradients?: boolean;
  /** Stores of other models with the same tokens, for each source after the first as many as there are stores. */
  readonly beside?: readonly (readonly ActivationStore[])[];
}

/** One hook in a set of stores that hold the contexts in order. */
interface Column {
  readonly stores: readonly ActivationStore[];
  readonly hook: string;
  readonly width: number;
}

export interface StoreColumns {
  readonly columns: Readonly<Partial<Record<PartName, readonly Column[]>>>;
  readonly widths: Widths;
  readonly identity: SourceIdentity;
}

/** Kinds: not-found (a hook), mismatch (stores that do not belong together, sources of different width), bad-request. */
export function chooseColumns(stores: readonly ActivationStore[], options: ColumnOptions): StoreColumns {
  const x = inputColumns(stores, options);
  const y = options.targetHook == null ? undefined : [columnOf(stores, options.targetHook)];
  const gradient = options.gradients === true ? x.map(({ hook }) => gradientColumn(stores, hook)) : undefined;
  const columns = { x, ...(y === undefined ? {} : { y }), ...(gradient === undefined ? {} : { gradient }) };
  const width = (list: readonly Column[]): number => list.reduce((sum, column) => sum + column.width, 0);
  const widths = { x: width(x), ...(y === undefined ? {} : { y: width(y) }), ...(gradient === undefined ? {} : { gradient: width(gradient) }) };
  return { columns, widths, identity: identityOf(stores, x.map(({ hook }) => hook).join(' + ')) };
}

/** Contexts [context, context + count) of store `place`: float32 [rows, width] for each part, in `reuse` where it is given and a part is one hook. */
export function readColumns({ columns, widths }: StoreColumns, place: number, context: number, count: number, reuse?: RowParts): RowParts {
  return eachPart(widths, (name) => {
    const scratch = columns[name]!.length === 1 ? reuse?.[name] : undefined;
    const values = columns[name]!.map(({ stores, hook }) => stores[place]!.activations(hook, context, count, scratch));
    return sideBySide(values, count * columns[name]![0]!.stores[place]!.manifest.contextLength);
  });
}

function inputColumns(stores: readonly ActivationStore[], { hookPoint, hookPoints = [], beside = [] }: ColumnOptions): Column[] {
  const sets = [stores, ...beside];
  for (const other of beside) requireSameTokens(stores, other);
  if (beside.length > 0 && hookPoints.length > 0 && hookPoints.length !== sets.length) {
    throw new LoupeError('bad-request', `hookPoints names ${hookPoints.length} hooks for ${sets.length} sets of stores: give one for each, or none where each store has one hook`);
  }
  if (beside.length > 0) return equallyWide(sets.map((set, i) => columnOf(set, chooseHook(set, hookPoints[i] ?? hookPoint))));
  if (hookPoints.length > 0) return equallyWide(hookPoints.map((hook) => columnOf(stores, chooseHook(stores, hook))));
  return [columnOf(stores, chooseHook(stores, hookPoint))];
}

/** Sources that stand side by side in x are scaled and decoded by equal parts of a row. */
function equallyWide(columns: Column[]): Column[] {
  const other = columns.find(({ width }) => width !== columns[0]!.width);
  if (other === undefined) return columns;
  throw new LoupeError('mismatch', `${columns[0]!.hook} is ${columns[0]!.width} wide and ${other.hook} ${other.width}: a crosscoder takes sources of one width`);
}

function columnOf(stores: readonly ActivationStore[], hook: string): Column {
  const checked = chooseHook(stores, hook);
  return { stores, hook: checked, width: commonWidth(stores, checked) };
}

function gradientColumn(stores: readonly ActivationStore[], hook: string): Column {
  const name = gradientHook(hook);
  const without = stores.find(({ manifest }) => !manifest.hooks.some((own) => own.name === name));
  if (without === undefined) return columnOf(stores, name);
  throw new LoupeError('mismatch', `${without.folder} holds no gradients at ${hook}: harvest it again with --gradients`);
}

/** Hooks that hold activations. */
function activationHooks(store: ActivationStore): string[] {
  return store.manifest.hooks.map(({ name }) => name).filter((name) => !name.endsWith('.grad'));
}

function chooseHook(stores: readonly ActivationStore[], asked: string | null): string {
  const first = stores[0];
  if (first === undefined) throw new LoupeError('bad-request', 'activations names no store: give at least one folder');
  if (asked === null) {
    const names = activationHooks(first);
    if (names.length === 1) return names[0]!;
    throw new LoupeError('bad-request', `${first.folder} holds several hooks: set hookPoint to one of ${names.join(', ')}`);
  }
  for (const store of stores) {
    const own = store.manifest.hooks.map((hook) => hook.name);
    if (own.includes(asked)) continue;
    const near = nearestName(asked, own);
    throw new LoupeError('not-found', `${store.folder} has no hook ${asked}${near === undefined ? '' : `; did you mean ${near}?`} It has ${own.join(', ')}.`);
  }
  return asked;
}

function commonWidth(stores: readonly ActivationStore[], hook: string): number {
  const widths = stores.map((store) => store.manifest.hooks.find(({ name }) => name === hook)?.d ?? 0);
  const other = widths.findIndex((width) => width !== widths[0]);
  if (other === -1) return widths[0]!;
  throw new LoupeError('mismatch', `${hook} is ${widths[0]} wide in ${stores[0]!.folder} and ${widths[other]} in ${stores[other]!.folder}: train on stores of one model`);
}

function identityOf(stores: readonly ActivationStore[], hookPoint: string): SourceIdentity {
  const { model, corpus, contextLength, prependBos } = stores[0]!.manifest;
  for (const { folder, manifest } of stores) {
    if (manifest.model.hash === model.hash && manifest.contextLength === contextLength) continue;
    const what = manifest.model.hash === model.hash ? `contexts of ${manifest.contextLength} tokens` : `the model ${manifest.model.name}`;
    throw new LoupeError('mismatch', `${folder} holds ${what}, unlike ${stores[0]!.folder}: train on stores that were harvested alike`);
  }
  const sources = [...new Set(stores.flatMap((store) => store.manifest.corpus.sources))];
  return { model, corpus: { ...corpus, sources }, hookPoint, contextLength, prependBos };
}

/** Contexts compared at once. */
const comparedContexts = 1024;

/** Kind mismatch where row r of one set is not the token of row r of the other. */
function requireSameTokens(stores: readonly ActivationStore[], others: readonly ActivationStore[]): void {
  const refuse = (folder: string, what: string): never => {
    throw new LoupeError('mismatch', `${folder} ${what}: harvest both models over the same corpus with the same tokenizer, tokens, contextLength, seed and shuffle`);
  };
  if (others.length !== stores.length) throw new LoupeError('bad-request', `beside names ${others.length} stores for ${stores.length}: give as many, in the same order`);
  for (const [i, store] of stores.entries()) {
    const other = others[i]!;
    const { folder, manifest: a } = store;
    const b = other.manifest;
    if (a.contexts !== b.contexts || a.contextLength !== b.contextLength) refuse(other.folder, `has ${b.contexts} contexts of ${b.contextLength} tokens and ${folder} ${a.contexts} of ${a.contextLength}`);
    for (let first = 0; first < a.contexts; first += comparedContexts) {
      const count = Math.min(comparedContexts, a.contexts - first);
      const [left, right] = [store.tokens(first, count), other.tokens(first, count)];
      const at = left.findIndex((id, row) => id !== right[row]);
      if (at !== -1) refuse(other.folder, `has another token than ${folder} in context ${first + Math.floor(at / a.contextLength)}`);
    }
  }
}
