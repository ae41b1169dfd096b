/** Config schemas as JSON Schema, for the studio's forms. */
import { z } from 'zod';

/** `schema` as JSON Schema of what a user may write: a field with a default need not be given. Units and ranges come along. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
}
