/** What a workspace holds, what is found elsewhere on disk, and the state of the machine. */
import { z } from 'zod';

export const itemKinds = ['model', 'corpus', 'store', 'dictionary', 'catalog'] as const;

/** One thing in the workspace. `summary` is short facts for the list, in order: [["Layers", "30"], ...]. */
export const itemSchema = z.strictObject({
  kind: z.enum(itemKinds),
  id: z.string(),
  name: z.string(),
  path: z.string(),
  bytes: z.number().nonnegative(),
  modifiedAt: z.string(),
  /** Lies outside the workspace folder and was added by path. */
  linked: z.boolean(),
  summary: z.array(z.tuple([z.string(), z.string()])),
  /** Why it cannot be used, or null. */
  problem: z.string().nullable(),
});

export const workspaceSchema = z.strictObject({
  path: z.string(),
  items: z.array(itemSchema),
  freeBytes: z.number().nonnegative(),
});

/** A model that lies in another program's folder: offered, never copied. */
export const foundModelSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  origin: z.enum(['sample', 'loupe', 'hugging-face', 'lm-studio', 'ollama', 'workspace']),
  bytes: z.number().nonnegative(),
  problem: z.string().nullable(),
});

export const modelInfoSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  family: z.string(),
  format: z.enum(['hugging-face', 'gguf']),
  layers: z.number().int(),
  dModel: z.number().int(),
  heads: z.number().int(),
  vocab: z.number().int(),
  contextLength: z.number().int(),
  parameters: z.number(),
  hooks: z.array(z.strictObject({ name: z.string(), d: z.number().int() })),
});

export const backendStatusSchema = z.strictObject({
  id: z.enum(['tensorflow', 'wasm', 'cpu']).nullable(),
  detail: z.string(),
  threads: z.number().int().nullable(),
  refused: z.array(z.strictObject({ id: z.string(), reason: z.string(), cure: z.string() })),
});

export const systemInfoSchema = z.strictObject({
  version: z.string(),
  platform: z.string(),
  host: z.enum(['electron', 'http']),
  node: z.string(),
  workspace: z.string(),
  backend: backendStatusSchema,
  engine: z.enum(['stopped', 'starting', 'ready', 'busy', 'crashed']),
});

export const folderEntrySchema = z.strictObject({ name: z.string(), folder: z.boolean(), bytes: z.number(), kind: z.enum(itemKinds).nullable() });

/** An action of the studio that stands in a menu of the window. */
export const menuItemSchema = z.strictObject({
  id: z.string().min(1).max(100),
  title: z.string().min(1).max(200),
  menu: z.enum(['file', 'view', 'go', 'help']),
  keys: z.string().max(40).nullable(),
});

export type MenuItem = z.infer<typeof menuItemSchema>;
export type Item = z.infer<typeof itemSchema>;
export type ItemKind = (typeof itemKinds)[number];
export type Workspace = z.infer<typeof workspaceSchema>;
export type FoundModel = z.infer<typeof foundModelSchema>;
export type ModelInfo = z.infer<typeof modelInfoSchema>;
export type BackendStatus = z.infer<typeof backendStatusSchema>;
export type SystemInfo = z.infer<typeof systemInfoSchema>;
