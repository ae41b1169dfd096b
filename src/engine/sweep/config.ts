/** A sweep in one file: fields of training that all members share, a grid over some of them, further members, and where it goes. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { describeIssues } from '../config-issues.ts';
import { variantById } from '../sae/registry.ts';
import { resolveTraining, trainConfigSchema } from '../train/config.ts';
import type { TrainConfig } from '../train/config.ts';

const fields = z.record(z.string(), z.unknown());
/** Members that one sweep may have. */
const mostMembers = 1024;

export const sweepConfigSchema = z.strictObject({
  out: z.string().min(1).max(4096).describe('Folder of the sweep: its table, and a folder for each member'),
  base: fields.default({}).describe('Fields of training that every member has'),
  grid: z.record(z.string(), z.array(z.unknown()).min(1).max(mostMembers)).default({}).describe('Fields with their values: every combination is a member'),
  members: z.array(fields).max(mostMembers).default([]).describe('Further members: fields that differ from base'),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Order of the data, the same for all members'),
  baselines: z.boolean().default(true).describe('Add dictionaries that were not trained: random directions, and each variant at its start'),
  downstream: z.strictObject({
    model: z.string().min(1).max(4096), corpus: z.string().min(1).max(4096),
    tokens: z.int().min(1).max(100_000_000).default(20_000).describe('Tokens that the model is run over with the activation replaced').meta({ unit: 'tokens' }),
  }).nullable().default(null).describe('Measure delta CE of each member by running this model over this corpus'),
});

export type SweepConfig = z.infer<typeof sweepConfigSchema>;

/** `random` and `untrained` are not trained. */
export type MemberRole = 'trained' | 'untrained' | 'random';

export interface Member {
  /** Of its folder: "03-topk-d4096-k32". */
  readonly name: string;
  readonly role: MemberRole;
  /** The member's own folder. */
  readonly folder: string;
  /** Null where the fields are wrong. */
  readonly config: TrainConfig | null;
  /** What is wrong with the fields. */
  readonly problem: string | null;
  /** The fields as given, for the table. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** All combinations of the grid's values. */
export function combinations(grid: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] {
  return Object.entries(grid).reduce<Record<string, unknown>[]>(
    (all, [name, values]) => all.flatMap((sofar) => values.map((value) => ({ ...sofar, [name]: value }))), [{}],
  );
}

/** The members in order, baselines last; one whose fields are wrong carries the problem instead of a config. */
export function expandSweep(sweep: SweepConfig): readonly Member[] {
  const grid = Object.keys(sweep.grid).length === 0 ? [] : combinations(sweep.grid);
  const given = [...grid, ...sweep.members];
  const trained = given.map((own, i) => member(sweep, own, i, 'trained'));
  return sweep.baselines ? [...trained, ...baselinesOf(sweep, trained)] : trained;
}

function member(sweep: SweepConfig, own: Readonly<Record<string, unknown>>, index: number, role: MemberRole): Member {
  const fieldsOf = { variant: 'topk', seed: sweep.seed, ...sweep.base, ...own };
  const name = nameOf(fieldsOf, index, role);
  const folder = join(sweep.out, 'members', name);
  const parsed = trainConfigSchema.safeParse({ ...fieldsOf, out: folder });
  const problem = parsed.success ? null : describeIssues(parsed.error, Object.keys(fieldsOf));
  return { name, role, folder, config: parsed.success ? parsed.data : null, problem, given: own };
}

/** File-safe; the number keeps names apart. */
function nameOf(given: Readonly<Record<string, unknown>>, index: number, role: MemberRole): string {
  const part = (prefix: string, value: unknown): string => (value === undefined ? '' : `-${prefix}${String(value)}`);
  const text = `${String(index).padStart(3, '0')}-${role === 'trained' ? '' : `${role}-`}${String(given['variant'])}${part('d', given['dSae'])}${part('k', given['k'])}${part('s', given['seed'])}`;
  return text.replace(/[^\w.-]+/g, '_').slice(0, 100);
}

/** Random unit directions (TopK with a tied encoder) for each data set and width; and each variant at its start. One of each suffices. */
function baselinesOf(sweep: SweepConfig, trained: readonly Member[]): Member[] {
  const found = new Map<string, { readonly own: Record<string, unknown>; readonly role: MemberRole }>();
  for (const { config, given } of trained) {
    if (config === null) continue;
    const { data } = variantById(config.variant);
    const place = `${dataKey(config, sweep.seed)} ${config.dSae}`;
    const k = typeof config['k'] === 'number' ? { k: config['k'] } : {};
    if (data === 'activations' && !found.has(`random ${place}`)) {
      const shared = Object.fromEntries(Object.entries(given).filter(([name]) => name in commonOf(config)));
      found.set(`random ${place}`, { own: { ...shared, variant: 'topk', ...k, dSae: config.dSae }, role: 'random' });
    }
    if (config.variant !== 'topk' && !found.has(`${config.variant} ${place}`)) found.set(`${config.variant} ${place}`, { own: { ...given }, role: 'untrained' });
  }
  return [...found.values()].map(({ own, role }, i) => member(withoutForeign(sweep, own), own, trained.length + i, role));
}

/** Fields of training that do not belong to one variant. */
function commonOf(config: TrainConfig): Record<string, unknown> {
  const own = variantById(config.variant).config.shape as Record<string, unknown>;
  return Object.fromEntries(Object.entries(config).filter(([name]) => !(name in own) && name !== 'variant'));
}

/** The base without fields that the variant of `own` does not know: those of other variants. */
function withoutForeign(sweep: SweepConfig, own: Readonly<Record<string, unknown>>): SweepConfig {
  const variant = variantById(String(own['variant'] ?? sweep.base['variant'] ?? 'topk'));
  const other = variantById(String(sweep.base['variant'] ?? variant.id)).config.shape as Record<string, unknown>;
  const mine = variant.config.shape as Record<string, unknown>;
  return { ...sweep, base: Object.fromEntries(Object.entries(sweep.base).filter(([name]) => name in mine || !(name in other))) };
}

const dataFields = ['activations', 'besideActivations', 'model', 'corpus', 'conversations', 'contextLength', 'modelBatch', 'isolate', 'hookPoints', 'targetHook', 'batch', 'heldOut'] as const;

/** Members of one key are trained on the same batches: a model that runs as training goes serves several hooks in one pass. */
export function dataKey(config: TrainConfig, seed: number): string {
  const { bufferRows } = resolveTraining(config);
  const kind = variantById(config.variant).data;
  const hook = config.model !== null && kind === 'activations' ? null : config.hookPoint;
  const data = [...dataFields.map((name) => config[name]), hook];
  return createHash('sha256').update(JSON.stringify([data, bufferRows, seed, kind])).digest('hex').slice(0, 16);
}
