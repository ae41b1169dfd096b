/** Every migration in order. A new one is a file `NNNN-what.ts` and one line here. */
import { initial } from './0001-initial.ts';
import { studio } from './0002-studio.ts';
import type { Migration } from './types.ts';

export const migrations: readonly Migration[] = [initial, studio];
