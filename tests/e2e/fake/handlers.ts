/** Handlers over made-up data, for looking at the pages. Label commands work and are kept in memory. */
import { LoupeError } from '../../../src/shared/errors.ts';
import { commands, type Handlers } from '../../../src/shared/contract.ts';
import type { FeatureSort } from '../../../src/shared/schema/feature-query.ts';
import type { CatalogInfo, FeatureRow, Label } from '../../../src/shared/schema/catalog.ts';
import type { Job } from '../../../src/shared/schema/job.ts';
import { vector } from '../../../src/shared/schema/tensor.ts';
import type { Item, ItemKind } from '../../../src/shared/schema/workspace.ts';
import type { EventHub } from '../../../src/main/events.ts';
import { createJobs } from './jobs.ts';
import { makeFeatures } from './data.ts';

const item = (kind: ItemKind, id: string, bytes: number, summary: [string, string][], more: Partial<Item> = {}): Item => ({
  kind, id, name: id, path: `/home/ada/Documents/Loupe/${kind}s/${id}`, bytes, modifiedAt: new Date(Date.now() - bytes / 50).toISOString(), linked: false, summary, problem: null, ...more,
});

const items: Item[] = [
  item('model', 'SmolLM2-135M-Instruct', 98_200_000, [['Family', 'llama'], ['Layers', '30'], ['Width', '576'], ['Format', 'GGUF Q4_K']], { linked: true }),
  item('model', 'pythia-70m', 166_000_000, [['Family', 'gpt-neox']], { problem: 'model.safetensors is 81,203 bytes shorter than its header says. Fetch it again.' }),
  item('corpus', 'wordnet', 16_100_000, [['Format', 'WordNet'], ['Documents', '117,659']]),
  item('store', 'smollm2-resid9', 249_000_000, [['Hook', 'blocks.9.hook_resid_post'], ['Tokens', '216,000'], ['Type', 'float16']]),
  item('dictionary', 'topk-4608', 21_300_000, [['Variant', 'topk'], ['Features', '4,608'], ['k', '32'], ['FVU', '0.182']]),
  item('catalog', 'demo.loupe', 14_800_000, [['Features', '4,608'], ['Labelled', '931']]),
];

function source(features: number, labelled: number): CatalogInfo['sources'][number] {
  return { id: 1, kind: 'sae', name: 'topk-4608', modelName: 'SmolLM2-135M-Instruct', modelHash: 'ab12', hookPoint: 'blocks.9.hook_resid_post', layer: 9, dictionaryHash: 'cd34', features, tokens: 216_000, dead: 70, labelled, complete: true, provenance: '{}' };
}

function compare(a: FeatureRow, b: FeatureRow, sort: FeatureSort): number {
  if (sort === 'relevance') return 0;
  const [x, y] = [a[sort], b[sort]];
  return typeof x === 'string' || typeof y === 'string' ? String(x ?? '\uffff').localeCompare(String(y ?? '\uffff')) : Number(x) - Number(y);
}

export function fakeHandlers(features: number, hub: EventHub): Handlers {
  const made = makeFeatures(features, 7);
  const rows = made.rows.map((row) => ({ ...row }));
  const history = new Map<number, Label[]>();
  const info = (): CatalogInfo => ({ catalog: 'c1', path: items.at(-1)!.path, bytes: 14_800_000, schemaVersion: 1, readOnly: false, complete: true, sources: [source(features, rows.filter((row) => row.label !== null).length)] });
  const current = (index: number): Label | null => history.get(index)?.find((label) => label.current) ?? null;
  const relabel = (index: number): Label | null => {
    const label = current(index);
    Object.assign(rows[index]!, { label: label?.text ?? null, labelKind: label?.kind ?? null, confidence: label?.confidence ?? null });
    hub.emit('catalog.changed', { catalog: 'c1', source: 1, index });
    return label;
  };
  const jobs: Job[] = [];
  const absent = async (): Promise<never> => {
    throw new LoupeError('unsupported', 'The stand-in host does not do this.');
  };
  // What this stand-in does not make up is refused, so that a new command needs no line here.
  const refused = Object.fromEntries(Object.keys(commands).map((name) => [name, absent])) as unknown as Handlers;
  return {
    ...refused,
    'system.info': async () => ({ version: '0.1.0', platform: 'linux-x64', host: 'http', node: '24.21.0', workspace: '/home/ada/Documents/Loupe', engine: 'ready', backend: { id: 'tensorflow', detail: 'TensorFlow 2.21 on the CPU (AVX-512)', threads: 2, refused: [] } }),
    'system.doctor': async () => ({ text: 'Loupe 0.1.0\nbackend  tensorflow', report: {} }),
    'files.browse': async ({ path }) => ({ path: path ?? '/home/ada', parent: path === '/' ? null : '/', entries: [{ name: 'models', folder: true, bytes: 0, kind: null }, { name: 'pythia-160m', folder: true, bytes: 0, kind: 'model' }, { name: 'notes.txt', folder: false, bytes: 1200, kind: 'corpus' }] }),
    'workspace.list': async () => ({ path: '/home/ada/Documents/Loupe', items, freeBytes: 412e9 }),
    'models.find': async () => ({ models: [{ path: '/home/ada/.cache/huggingface/hub/models--gpt2/snapshots/607a30d', name: 'gpt2', origin: 'hugging-face', bytes: 548_000_000, problem: null }] }),
    'models.inspect': async ({ path }) => ({ path, name: 'SmolLM2', family: 'llama', format: 'gguf', layers: 30, dModel: 576, heads: 9, vocab: 49_152, contextLength: 2048, parameters: 134.5e6, hooks: Array.from({ length: 30 }, (_, l) => ({ name: `blocks.${l}.hook_resid_post`, d: 576 })) }),
    ...createJobs(jobs, hub),
    'catalog.open': async () => info(),
    'catalog.close': async () => ({}),
    'catalog.info': async () => info(),
    'catalog.features': async ({ sort, descending, filter, search, offset, limit }) => {
      const words = search?.toLowerCase() ?? '';
      const found = rows.filter((row) => (filter.densityMin ?? 0) <= row.density && row.density <= (filter.densityMax ?? 1) && (filter.maxMin ?? 0) <= row.max && row.max <= (filter.maxMax ?? Infinity)
        && (filter.labelled === undefined || filter.labelled === (row.label !== null)) && (filter.dead === undefined || filter.dead === (row.density === 0)) && (row.label ?? '').toLowerCase().includes(words));
      found.sort((a, b) => (descending ? -1 : 1) * compare(a, b, sort) || a.index - b.index);
      return { total: found.length, rows: found.slice(offset, offset + limit) };
    },
    'catalog.indices': absent,
    'catalog.facets': async () => ({ families: [], tokenClasses: [], authors: [], lists: [] }),
    'catalog.columns': async ({ names }) => ({ columns: names.map((name) => vector(Float32Array.from(rows, (row) => row[name] ?? NaN))) }),
    'catalog.feature': async ({ index }) => ({ ...made.feature(index), label: current(index) }),
    'catalog.context': async ({ index, context }) => made.context(index, context),
    'catalog.contextBeside': async ({ index, context, by }) => ({ context: context + by < 0 ? null : made.context(index, context + by) }),
    'catalog.labels': async ({ index }) => ({ history: history.get(index) ?? [] }),
    'catalog.setLabel': async ({ index, text, author, kind, confidence, notes, family = '', resolution = false }) => {
      const before = (history.get(index) ?? []).map((label) => ({ ...label, current: false }));
      const label: Label = { id: before.length + 1, text, author, kind, confidence, notes, family, resolution, createdAt: new Date().toISOString(), current: true, undone: false };
      history.set(index, [label, ...before]);
      relabel(index);
      return { label };
    },
    'catalog.undoLabel': async ({ index }) => {
      const [, ...rest] = history.get(index) ?? [];
      history.set(index, rest.map((label, i) => ({ ...label, current: i === 0 })));
      return { label: relabel(index) };
    },
  };
}
