/** Options that several commands on catalogs take. */
import { LoupeError } from '../shared/errors.ts';
import type { CatalogClient } from '../main/catalog/client.ts';

/** The value of `--name`, from 1 to `most`. Kind bad-request names the option. */
export function wholeNumber(name: string, value: unknown, most: number): number {
  const n = Number(value);
  if (!/^\d+$/.test(String(value)) || n < 1 || n > most) throw new LoupeError('bad-request', `--${name} must be a whole number from 1 to ${most}, not "${String(value)}"`);
  return n;
}

/** The source that --source names, or the first. Kind not-found for a catalog without any. */
export async function sourceOf(catalog: CatalogClient, given: unknown): Promise<number> {
  if (given !== undefined) return wholeNumber('source', given, Number.MAX_SAFE_INTEGER);
  const first = (await catalog.info()).sources[0];
  if (first === undefined) throw new LoupeError('not-found', `${catalog.path} holds no source yet: run its build again.`);
  return first.id;
}
