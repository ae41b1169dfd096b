import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CliCommand, CliContext } from '../../../src/cli/command.ts';
import type { RegisteredCommand } from '../../../src/cli/commands/registry.ts';
import { registry } from '../../../src/cli/commands/registry.ts';
import { run } from '../../../src/cli/run.ts';
import { LoupeError } from '../../../src/shared/errors.ts';

interface Seen {
  args?: readonly string[];
  options?: Readonly<Record<string, unknown>>;
  context?: CliContext;
}

function commands(seen: Seen, fail?: () => never): RegisteredCommand[] {
  const make = (name: string): RegisteredCommand => {
    const command: CliCommand = {
      name,
      summary: `does ${name}`,
      configure: (c) => void c.argument('[file]').option('--steps <n>'),
      run: async (args, options, context) => {
        Object.assign(seen, { args, options, context });
        fail?.();
        return { json: { did: name }, text: `did ${name}` };
      },
    };
    return { name, summary: command.summary, load: async () => ({ command }) };
  };
  return ['train', 'catalog build', 'catalog info', 'studio'].map(make);
}

async function invoke(argv: string[], fail?: () => never): Promise<{ status: number; out: string; err: string; seen: Seen }> {
  const seen: Seen = {};
  let out = '';
  let err = '';
  const output = { result: async (t: string) => void (out += t), line: (t: string) => void (err += `${t}\n`), progress: () => {}, close: () => {} };
  const status = await run(argv, output, new AbortController().signal, commands(seen, fail));
  return { status, out, err, seen };
}

test('options and arguments reach the command, the global ones wherever they stand', async () => {
  const { status, out, seen } = await invoke(['--seed', '7', 'catalog', '--json', 'build', 'x.loupe', '--steps=3', '--workspace', '/w']);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(out), { did: 'catalog build' });
  assert.deepEqual(seen.args, ['x.loupe']);
  assert.equal(seen.options?.['steps'], '3');
  assert.deepEqual([seen.context?.seed, seen.context?.seedGiven], [7, true]);
  assert.equal(seen.context?.workspace, '/w');
  assert.equal(seen.context?.json, true);
});

test('without --json the text is printed', async () => {
  assert.equal((await invoke(['train'])).out, 'did train\n');
});

test('an unknown command names the nearest, on stderr and in JSON, with status 2', async () => {
  const plain = await invoke(['trian']);
  assert.equal(plain.status, 2);
  assert.match(plain.err, /unknown command "trian": did you mean "train"\?/);
  assert.equal(plain.out, '');
  const json = await invoke(['catalog', 'biuld', '--json']);
  const { error } = JSON.parse(json.out) as { error: { kind: string; message: string } };
  assert.equal(error.kind, 'bad-request');
  assert.match(error.message, /catalog build/);
});

test('an unknown option, a bad seed and an empty workspace are bad requests without a stack', async () => {
  for (const argv of [['train', '--stepz', '3'], ['train', '--seed', '-1'], ['train', '--seed', '1e3'], ['train', '--workspace=']]) {
    const { status, err } = await invoke(argv);
    assert.equal(status, 2, argv.join(' '));
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test('each kind of error has its exit status, and only a defect shows its stack', async () => {
  const failing = (error: Error) => () => { throw error; };
  const statuses = { 'bad-file': 2, 'no-space': 2, 'missing-component': 3, cancelled: 4, 'engine-lost': 1 } as const;
  for (const [kind, expected] of Object.entries(statuses)) {
    const { status, err } = await invoke(['train'], failing(new LoupeError(kind as keyof typeof statuses, 'no')));
    assert.equal(status, expected, kind);
    assert.equal(err, 'loupe: no\n');
  }
  const defect = await invoke(['train'], failing(new TypeError('oops')));
  assert.equal(defect.status, 1);
  assert.match(defect.err, /TypeError: oops\n\s+at /);
});

test('help is an answer: of the program, of a group, of a command', async () => {
  assert.match((await invoke(['--help'])).out, /catalog build/);
  const group = await invoke(['catalog', '--help']);
  assert.match(group.out, /catalog info/);
  assert.doesNotMatch(group.out, /train/);
  const one = await invoke(['train', '--help']);
  assert.equal(one.status, 0);
  assert.match(one.out, /--steps/);
  assert.match(one.out, /--workspace/);
  assert.equal((await invoke(['catalog'])).status, 2);
});

test('a .loupe file as the first word opens the studio on it', async () => {
  const { out, seen } = await invoke(['some/file.loupe']);
  assert.equal(out, 'did studio\n');
  assert.deepEqual(seen.args, ['some/file.loupe']);
});

test('every registered command loads, and its file calls itself by the registered name', async () => {
  assert.equal(new Set(registry.map((entry) => entry.name)).size, registry.length);
  for (const entry of registry) {
    const { command } = await entry.load();
    assert.equal(command.name, entry.name);
    assert.ok(command.summary.length > 0);
  }
});
