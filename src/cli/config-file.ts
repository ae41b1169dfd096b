/** The file that --config names. */
import { readFileSync } from 'node:fs';
import { LoupeError } from '../shared/errors.ts';

/** Its JSON object. Kind bad-config names the file and what is wrong with it. */
export function readConfigFile(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new Error('it is no JSON object');
  } catch (cause) {
    throw new LoupeError('bad-config', `--config ${path}: ${(cause as Error).message}`);
  }
}
