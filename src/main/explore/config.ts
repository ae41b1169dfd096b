/** What an embedding and a map can be told. */
import { z } from 'zod';
import { mapFields } from '../../engine/interp/map/config.ts';

const catalog = z.string().min(1).max(4096).describe('The catalog, a .loupe file');
const source = z.number().int().describe('Which of its sources');

export const embedConfigSchema = z.strictObject({
  catalog, source,
  encoder: z.string().max(4096).default('').describe('Folder of a sentence encoder; empty: the one of the workspace, or the installed one'),
  install: z.boolean().default(false).describe('Fetch the sentence encoder where there is none'),
});
export type EmbedConfig = z.infer<typeof embedConfigSchema>;

export const mapJobConfigSchema = z.strictObject({ catalog, source, ...mapFields });
export type MapJobConfig = z.infer<typeof mapJobConfigSchema>;
