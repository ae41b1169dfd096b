/** Runs one command line: finds the command, parses its options, prints its one result, and says the exit status. */
import { Command, CommanderError } from 'commander';
import { LoupeError, exitStatus, nearestName, toErrorBody } from '../shared/errors.ts';
import type { ErrorBody } from '../shared/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { CliCommand, CliContext, CliResult } from './command.ts';
import { registry as allCommands } from './commands/registry.ts';
import type { RegisteredCommand } from './commands/registry.ts';
import { addGlobalOptions, leadingWords, readGlobals } from './globals.ts';
import type { Output } from './output.ts';

/** Text that is the whole answer: help, or the version. */
class Answer extends Error {
  readonly text: string;
  constructor(text: string) {
    super('answered');
    this.text = text;
  }
}

function listOf(commands: readonly RegisteredCommand[]): string {
  const width = Math.max(...commands.map((c) => c.name.length)) + 2;
  return commands.map((c) => `  ${c.name.padEnd(width)}${c.summary}`).join('\n');
}

function overview(commands: readonly RegisteredCommand[], noun?: string): string {
  const shown = noun === undefined ? commands : commands.filter((c) => c.name.startsWith(`${noun} `));
  return [
    `Usage: loupe ${noun ?? '<command>'} ${noun === undefined ? '' : '<verb> '}[options]`, '', listOf(shown), '',
    'Every command takes --json, --workspace DIR, --seed N and --help.', '',
  ].join('\n');
}

/** The command that the line names, and the arguments without its name. */
function findCommand(argv: readonly string[], commands: readonly RegisteredCommand[]): { entry: RegisteredCommand; rest: string[] } {
  const { words, indices } = leadingWords(argv, 2);
  const [noun, verb] = words;
  const byName = (name: string): RegisteredCommand | undefined => commands.find((c) => c.name === name);
  const two = verb === undefined ? undefined : byName(`${noun} ${verb}`);
  const entry = two ?? (noun === undefined ? undefined : byName(noun));
  if (entry !== undefined) {
    const used = indices.slice(0, two === undefined ? 1 : 2);
    return { entry, rest: argv.filter((_, i) => !used.includes(i)) };
  }
  const studio = byName('studio');
  if (noun?.endsWith('.loupe') && studio !== undefined) return { entry: studio, rest: [...argv] };
  return unknownCommand(argv, commands, noun, verb);
}

function unknownCommand(argv: readonly string[], commands: readonly RegisteredCommand[], noun?: string, verb?: string): never {
  const isGroup = commands.some((c) => c.name.startsWith(`${noun} `));
  if (argv.includes('--version') || argv.includes('-V')) throw new Answer(`${packageJson.version}\n`);
  const help = argv.includes('--help') || argv.includes('-h') || noun === 'help' || argv.length === 0;
  if (help && (noun === undefined || noun === 'help' || isGroup)) throw new Answer(overview(commands, isGroup ? noun : undefined));
  const known = isGroup ? commands.filter((c) => c.name.startsWith(`${noun} `)) : commands;
  if (noun === undefined || (isGroup && verb === undefined)) {
    throw new LoupeError('bad-request', `name a command: ${known.map((c) => c.name).join(', ')}`);
  }
  const name = isGroup ? `${noun} ${verb}` : noun;
  const near = nearestName(name, [...known.map((c) => c.name), ...(isGroup ? [] : known.map((c) => c.name.split(' ')[0]!))]);
  throw new LoupeError('bad-request', `unknown command "${name}"${near === undefined ? '' : `: did you mean "${near}"?`} (loupe --help lists them)`);
}

interface Parsed {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly seedGiven: boolean;
}

function parseOptions(command: CliCommand, rest: readonly string[]): Parsed {
  let help = '';
  const parser = addGlobalOptions(new Command(`loupe ${command.name}`).description(command.summary));
  command.configure(parser);
  parser.exitOverride().configureOutput({ writeOut: (text) => { help += text; }, writeErr: () => {}, outputError: () => {} });
  try {
    parser.parse([...rest], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) throw new Answer(help);
    throw new LoupeError('bad-request', `${error.message.replace(/^error: /, '')} (loupe ${command.name} --help)`);
  }
  return { args: parser.args, options: parser.opts(), seedGiven: parser.getOptionValueSource('seed') === 'cli' };
}

function describeError(body: ErrorBody): string {
  const stack = body.kind === 'defect' && body.detail !== undefined ? `\n${body.detail}` : '';
  return `loupe: ${body.message}${stack}`;
}

async function execute(argv: readonly string[], commands: readonly RegisteredCommand[], output: Output, signal: AbortSignal): Promise<CliResult> {
  const { entry, rest } = findCommand(argv, commands);
  const { command } = await entry.load();
  const { args, options, seedGiven } = parseOptions(command, rest);
  const context: CliContext = {
    json: options['json'] === true, ...readGlobals(options), seedGiven, signal, log: output.line, progress: output.progress,
    print: (line) => output.result(`${line}\n`),
  };
  return command.run(args, options, context);
}

/**
 * Runs the command line `argv` (without node and script) and gives the exit status of design.md §4.
 * `commands` is the registry, replaceable in tests.
 */
export async function run(
  argv: readonly string[], output: Output, signal: AbortSignal, commands: readonly RegisteredCommand[] = allCommands,
): Promise<number> {
  const end = argv.indexOf('--');
  const json = (end < 0 ? argv : argv.slice(0, end)).includes('--json');
  try {
    const result = await execute(argv, commands, output, signal);
    const text = json ? JSON.stringify(result.json) : result.text;
    if (result.printed !== true && text !== '') await output.result(text.endsWith('\n') ? text : `${text}\n`);
    return result.status ?? 0;
  } catch (error) {
    if (error instanceof Answer) {
      await output.result(json ? `${JSON.stringify({ text: error.text })}\n` : error.text);
      return 0;
    }
    const body = toErrorBody(error);
    output.line(describeError(body));
    if (json) await output.result(`${JSON.stringify({ error: { kind: body.kind, message: body.message } })}\n`);
    return exitStatus(body.kind);
  }
}
