import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { parseConfig } from '../../../src/engine/config-issues.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';

const schema = z.strictObject({ dSae: z.number().int().min(1), k: z.number().int().min(1).default(32), out: z.object({ name: z.string() }).optional() })
  .refine(({ k, dSae }) => k <= dSae, { path: ['k'], message: 'must be at most dSae' });

test('defaults are filled in', () => {
  assert.deepEqual(parseConfig(schema, { dSae: 64 }), { dSae: 64, k: 32 });
});

test('each wrong field is named, unknown ones with the nearest known', () => {
  const refused = (config: unknown, ...patterns: RegExp[]): void => {
    assert.throws(() => parseConfig(schema, config), (e: LoupeError) => e.kind === 'bad-config' && patterns.every((p) => p.test(e.message)), String(patterns));
  };
  refused({ dsae: 64 }, /dSae: /, /dsae: unknown field, did you mean dSae\?/);
  refused({ dSae: 'x', k: 0 }, /dSae: .*number/i, /k: /);
  refused({ dSae: 4, k: 8 }, /^k: must be at most dSae$/);
  refused({ dSae: 4, k: 1, out: {} }, /out\.name: /);
  refused(null, /config: /);
});
