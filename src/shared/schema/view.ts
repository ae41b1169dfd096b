/** Saved views of the feature table: what it shows, by a name. */
import { z } from 'zod';

/** The parts of an address that say what the table shows (`sort`, `desc`, `q`, filters), and the columns by id with their widths in px. */
export const viewQuerySchema = z.strictObject({
  address: z.record(z.string().max(40), z.string().max(2000)).refine((address) => Object.keys(address).length <= 60, 'at most 60 parts'),
  columns: z.array(z.strictObject({ id: z.string().max(40), width: z.number().int().min(20).max(2000) })).max(40).nullable(),
});

export const savedViewSchema = z.strictObject({
  id: z.number().int(),
  name: z.string().min(1).max(200),
  query: viewQuerySchema,
  author: z.string().max(200),
  createdAt: z.string(),
});

export type ViewQuery = z.infer<typeof viewQuerySchema>;
export type SavedView = z.infer<typeof savedViewSchema>;
