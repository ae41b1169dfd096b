/** A config against its schema: complete, or refused with the fields that are wrong. */
import { z } from 'zod';
import { LoupeError, nearestName } from '../shared/errors.ts';

/** What zod found wrong, in one line: "k: expected a number >= 1; dsae: unknown key, did you mean dSae?". */
export function describeIssues(error: z.ZodError, known: readonly string[] = []): string {
  return error.issues.map((issue) => {
    const place = issue.path.join('.') || 'config';
    if (issue.code !== 'unrecognized_keys') return `${place}: ${issue.message}`;
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      return `${key}: unknown field${near === undefined ? '' : `, did you mean ${near}?`}`;
    }).join('; ');
  }).join('; ');
}

/** `config` with the defaults of `schema`. Kind bad-config names each field that is wrong. */
export function parseConfig(schema: z.ZodType<Record<string, unknown>>, config: unknown): Record<string, unknown> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  throw new LoupeError('bad-config', describeIssues(parsed.error, known), JSON.stringify(parsed.error.issues));
}
