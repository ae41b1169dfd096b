/** A process that is killed in the middle of any write leaves a catalog that opens, is sound, and holds either before or after. Loops are in the long tier. */
import { test } from 'node:test';
import { writeKinds } from '../../../support/catalog-writes.ts';
import { killRound } from '../../../support/kill-writes.ts';

writeKinds.forEach((kind, i) => test(`killed in the middle of: ${kind}`, () => killRound(kind, 40 + 23 * i)));
