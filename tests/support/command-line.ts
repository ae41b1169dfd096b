/** Runs the `loupe` command, in this process or in one of its own, and checks how it refuses. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { run } from '../../src/cli/run.ts';
import type { ErrorKind } from '../../src/shared/errors.ts';

export const program = join(import.meta.dirname, '../../bin/loupe.mjs');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a shell would see, without the start of a process: for all but what a process adds. */
export async function inProcess(argv: readonly string[], signal = new AbortController().signal): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const line = (text: string): void => void (stderr += `${text}\n`);
  const output = { result: async (text: string) => void (stdout += text), line, progress: () => {}, close: () => {} };
  return { status: await run([...argv, '--json'], output, signal), stdout, stderr };
}

/** The real command, with LOUPE_BACKEND=cpu unless `env` says otherwise. `started` gets the process, to signal it. */
export function inChild(argv: readonly string[], env: NodeJS.ProcessEnv = {}, started: (child: ChildProcess) => void = () => {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...argv, '--json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOUPE_BACKEND: 'cpu', ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => void (stdout += String(data)));
    child.stderr.on('data', (data: Buffer) => void (stderr += String(data)));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    started(child);
  });
}

/** The one JSON object of a command that succeeded. */
export function resultOf(outcome: Outcome): Record<string, unknown> {
  assert.equal(outcome.status, 0, outcome.stderr);
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
}

export interface Refusal {
  readonly kind: ErrorKind;
  /** What the message must say: the argument, the value, the cure. */
  readonly says: readonly RegExp[];
}

/** Bad input, as design.md section 4 has it: status 2, the message on stderr without a stack, kind and message on stdout. */
export function assertRefused(outcome: Outcome, { kind, says }: Refusal): void {
  const all = `status ${outcome.status}\n${outcome.stdout}\n${outcome.stderr}`;
  assert.equal(outcome.status, 2, all);
  const lines = outcome.stdout.split('\n');
  assert.equal(lines.length, 2, `one line on stdout, not: ${outcome.stdout}`);
  const { error, ...rest } = JSON.parse(lines[0]!) as { error: { kind: string; message: string } };
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error), ['kind', 'message']);
  assert.equal(error.kind, kind, all);
  for (const part of says) assert.match(error.message, part);
  assert.ok(outcome.stderr.endsWith(`loupe: ${error.message}\n`), all);
  assert.doesNotMatch(outcome.stderr, /^\s+at .+:\d+:\d+\)?$/m, 'a stack trace');
}
