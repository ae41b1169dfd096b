import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import type { Member, MemberRole } from '../../../../src/engine/sweep/config.ts';
import { trainGroup } from '../../../../src/engine/sweep/group.ts';
import type { Outcome } from '../../../../src/engine/sweep/group.ts';
import type { ActivationSource } from '../../../../src/engine/train/source.ts';
import { useBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

const member = (folder: string, name: string, changes: Record<string, unknown> = {}, role: MemberRole = 'trained'): Member => ({
  name, role, folder: join(folder, name), config: smallConfig(join(folder, name), { steps: 12, ...changes }), problem: null, given: {},
});

/** Trains the members on seed 5; the outcomes by name, in the order in which they came. */
async function ends(folder: string, members: readonly Member[], source: ActivationSource, broken: (name: string) => Error | null = () => null): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const viewOf = ({ name }: Member) => {
    const error = broken(name);
    if (error !== null) throw error;
    return { source, cut: <T>(batch: T): T => batch };
  };
  await trainGroup(members, source, viewOf, quietContext(folder), { stepped: () => {}, ended: (outcome) => outcomes.set(outcome.member.name, outcome) });
  return outcomes;
}

test('each member ends once; an untrained one ends first and leaves the data where they were', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const outcomes = await ends(folder, [member(folder, 'long'), member(folder, 'short', { steps: 5 }), member(folder, 'start', { variant: 'batch-topk' }, 'untrained')], new SynSource(defaultSyn, 5));
  assert.deepEqual([...outcomes.keys()], ['start', 'short', 'long']);
  assert.deepEqual([...outcomes.values()].map(({ result }) => result?.['steps']), [0, 5, 12]);
});

test('a member that does not fit beside the others gets a pass of its own, from the beginning of the data', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const source = new SynSource(defaultSyn, 5);
  let refusals = 0;
  const outcomes = await ends(folder, [member(folder, 'first'), member(folder, 'second')], source, (name) => (name === 'second' && refusals++ === 0 ? new LoupeError('out-of-memory', 'not now') : null));
  assert.deepEqual([...outcomes.values()].map(({ error, result }) => [error, result?.['steps']]), [[null, 12], [null, 12]]);
  assert.equal(refusals, 2);
  // the same data and seed: the same figures
  assert.equal(outcomes.get('first')!.result!['fvu'], outcomes.get('second')!.result!['fvu']);
});

test('one that cannot start, or that meets what it cannot take, ends alone', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const outcomes = await ends(folder, [member(folder, 'good'), member(folder, 'wide', { variant: 'crosscoder' })], new SynSource(defaultSyn, 5));
  assert.equal(outcomes.get('good')!.error, null);
  assert.match(outcomes.get('wide')!.error!, /crosscoder/);
});
