/** What an import of another program's export can be told. */
import { z } from 'zod';

/** Programs whose exports can be taken in as a catalog. */
export const importFormats = ['neuronpedia'] as const;

export const importConfigSchema = z.strictObject({
  from: z.enum(importFormats).describe('Whose export it is'),
  paths: z.array(z.string().min(1).max(4096)).min(1).max(10_000).describe('Folders or files: the folder of a source, of a model, or .jsonl and .jsonl.gz files'),
  out: z.string().min(1).max(4096).describe('The catalog to make, a .loupe file'),
});

export type ImportConfig = z.infer<typeof importConfigSchema>;
