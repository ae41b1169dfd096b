/** cfg.json of SAELens: version 6, and the flat form before it brought to that of 6 (sae-standard.md section 10). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError, nearestName } from '../../shared/errors.ts';

export const configFile = 'cfg.json';
const largestConfig = 4 * 1024 * 1024;

const dimension = z.int().min(1).max(16_777_216);
const metadataSchema = z.looseObject({
  sae_lens_version: z.string().nullish(),
  model_name: z.string().nullish(),
  hook_name: z.string().nullish(),
  hook_name_out: z.string().nullish(),
  context_size: z.int().min(1).nullish(),
  prepend_bos: z.boolean().nullish(),
});
const configSchema = z.looseObject({
  architecture: z.string(),
  d_in: dimension,
  d_sae: dimension,
  /** Of transcoders. */
  d_out: dimension.optional(),
  dtype: z.string().optional(),
  apply_b_dec_to_input: z.boolean().default(true),
  normalize_activations: z.string().default('none'),
  rescale_acts_by_decoder_norm: z.boolean().default(false),
  k: z.number().int().min(1).optional(),
  /** Of matching pursuit; null: as many as d_in. */
  max_iterations: z.int().min(1).nullish(),
  residual_threshold: z.number().default(1e-2),
  stop_on_duplicate_support: z.boolean().default(true),
  metadata: metadataSchema.default({}),
});

export type SaeLensConfig = z.infer<typeof configSchema>;

/** A JSON object of bounded size. Kind bad-file. */
export function readJson(path: string): Record<string, unknown> {
  try {
    if (statSync(path).size > largestConfig) throw new Error(`over ${largestConfig} bytes`);
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    return value as Record<string, unknown>;
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} is not usable JSON (${(cause as Error).message}). Save the dictionary again.`, undefined, { cause });
  }
}

/** A JSON file by its schema. Kind bad-file names the key, what is wrong with it and the nearest key of the file. */
export function parseConfig<T>(schema: z.ZodType<T>, raw: Readonly<Record<string, unknown>>, path: string, read: Readonly<Record<string, unknown>> = raw): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const key = issue.path.join('.');
  const near = nearestName(String(issue.path.at(-1) ?? ''), Object.keys(read));
  const hint = near === undefined || near === key ? '' : `; the nearest key in the file is ${near}`;
  throw new LoupeError('bad-file', `${path}: ${key}: ${issue.message}${hint}.`);
}

/** cfg.json, parsed and brought to the form of SAELens 6. Kinds: not-found, bad-file. */
export function readSaeLensConfig(folder: string): SaeLensConfig {
  const path = join(folder, configFile);
  if (!existsSync(path)) throw new LoupeError('not-found', `${folder} has no ${configFile}: it is no SAELens dictionary folder.`);
  const raw = readJson(path);
  return parseConfig(configSchema, isOldForm(raw) ? fromOldForm(raw) : raw, path, raw);
}

function isOldForm(raw: Readonly<Record<string, unknown>>): boolean {
  const metadata = raw['metadata'] as { sae_lens_version?: unknown } | undefined;
  const version = raw['sae_lens_version'] ?? metadata?.sae_lens_version;
  return typeof version !== 'string' || Number.parseInt(version, 10) < 6;
}

/** The flat form before 6.0, with its names and defaults. */
function fromOldForm(old: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const hook = old['hook_name'] ?? old['hook_point'];
  const activation = old['activation_fn'] ?? old['activation_fn_str'];
  const k = (old['activation_fn_kwargs'] as { k?: unknown } | undefined)?.k;
  const normalize = old['normalize_activations'];
  return {
    ...old,
    architecture: activation === 'topk' ? 'topk' : (old['architecture'] ?? 'standard'),
    apply_b_dec_to_input: old['apply_b_dec_to_input'] ?? true,
    normalize_activations: normalize === true ? 'expected_average_only_in' : (normalize || 'none'),
    ...(activation === 'topk' && k !== undefined ? { k } : {}),
    metadata: {
      ...(old['metadata'] as object | undefined), model_name: old['model_name'], hook_name: hook, hook_name_out: old['hook_name_out'],
      context_size: old['context_size'], prepend_bos: old['prepend_bos'] ?? true,
    },
  };
}
