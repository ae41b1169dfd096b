/** A sweep over language models in one file: fields of training that all members share, the members, their seeds, and what is measured of each. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { describeIssues } from '../../config-issues.ts';
import { lmTrainConfigSchema, type LmTrainConfig } from '../training/config.ts';

const path = z.string().min(1).max(4096);
const fields = z.record(z.string(), z.unknown());
const seeds = z.array(z.int().min(0).max(0xffff_ffff)).min(1).max(64);

const upcycleFields = z.strictObject({
  share: z.number().gt(0).lt(1).default(0.5).describe('Part of the steps that the dense model is trained for before; the rest is left for the experts'),
  dense: fields.default({}).describe("Fields of the dense model's training that differ from base"),
  noise: z.number().min(0).max(10).default(0.02).describe('As loupe lm upcycle has it'),
  shift: z.number().min(0).max(10).default(0.1).describe('As loupe lm upcycle has it'),
});

export const lmSweepSchema = z.strictObject({
  out: path.describe('Folder of the sweep: its table, and a folder for each run'),
  base: fields.default({}).describe('Fields of loupe lm train that every member has'),
  members: z.array(z.strictObject({
    name: z.string().regex(/^[\w.-]{1,60}$/).describe('Of its rows and folders: letters, digits, . _ -'),
    fields: fields.default({}).describe('Fields that differ from base'),
    seeds: seeds.optional().describe('In the place of those of the sweep'),
    upcycle: upcycleFields.nullable().default(null).describe('Train a dense model first, and go on with experts made of it'),
  })).min(1).max(256).describe('What is compared'),
  seeds: seeds.default([0]).describe('Every member is trained once for each'),
  evaluate: z.strictObject({
    tokens: z.int().min(2).max(100_000_000).default(65_536).describe('Validation tokens that the loss is taken over, at most'),
    chessGames: z.int().min(0).max(1_000_000).default(0).describe('Held-out games for legal moves, coverage and reconstruction; 0: not measured'),
  }).default({ tokens: 65_536, chessGames: 0 }).describe('What is measured of a trained model'),
});

export type LmSweep = z.infer<typeof lmSweepSchema>;

/** One model to train. */
export interface SweepRun {
  /** The member's. */
  readonly name: string;
  readonly seed: number;
  /** Of its folder, under runs/: the name and the seed. */
  readonly folder: string;
  /** Hash of all that its figures depend on: a row of the table with the same key need not be made again. */
  readonly key: string;
  readonly config: LmTrainConfig;
  /** The dense run before, and how its experts are made; null: from nothing. */
  readonly first: { readonly config: LmTrainConfig; readonly noise: number; readonly shift: number } | null;
}

/** Kind bad-config names the member and its field. */
function trainConfig(member: string, given: Readonly<Record<string, unknown>>): LmTrainConfig {
  const parsed = lmTrainConfigSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-config', `member ${member}: ${describeIssues(parsed.error, Object.keys(lmTrainConfigSchema.shape))}`);
}

function runOf(sweep: LmSweep, { name, fields: own, upcycle }: LmSweep['members'][number], seed: number): SweepRun {
  const folder = `${name}-s${seed}`;
  const steps = Number(own['steps'] ?? sweep.base['steps'] ?? lmTrainConfigSchema.shape.steps.parse(undefined));
  // Where it is trained is no part of what comes out.
  const configOf = (rest: Readonly<Record<string, unknown>>): LmTrainConfig => trainConfig(name, { ...sweep.base, ...own, ...rest, seed, out: folder });
  const before = upcycle === null ? 0 : Math.max(1, Math.min(steps - 1, Math.round(steps * upcycle.share)));
  const config = configOf(upcycle === null ? {} : { steps: steps - before });
  const first = upcycle === null ? null : { config: configOf({ arch: 'dense', layer: {}, ...upcycle.dense, steps: before }), noise: upcycle.noise, shift: upcycle.shift };
  const key = createHash('sha256').update(JSON.stringify([config, first, sweep.evaluate])).digest('hex').slice(0, 16);
  return { name, seed, folder, key, config, first };
}

/** All runs, every member once before any has its second seed. Kind bad-config: a field that is wrong, a name that stands twice. */
export function expandLmSweep(sweep: LmSweep): SweepRun[] {
  const names = sweep.members.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new LoupeError('bad-config', `two members are named ${twice}: give each a name of its own`);
  const rounds = Math.max(...sweep.members.map((member) => (member.seeds ?? sweep.seeds).length));
  return Array.from({ length: rounds }, (_, round) => sweep.members.flatMap((member) => {
    const seed = (member.seeds ?? sweep.seeds)[round];
    return seed === undefined ? [] : [runOf(sweep, member, seed)];
  })).flat();
}
