/** What a file in `commands/` exports: one noun (and verb) of the command line. The registry lists them all. */
import type { Command } from 'commander';
import type { Progress } from '../shared/schema/job.ts';

/** What every command is given beside its own options. */
export interface CliContext {
  readonly json: boolean;
  /** The workspace folder, resolved from --workspace, LOUPE_WORKSPACE or the platform's documents folder; not created yet. */
  readonly workspace: string;
  readonly seed: number;
  /** --seed stands on the line: it is no default. */
  readonly seedGiven: boolean;
  /** Ctrl-C: write a checkpoint, then throw LoupeError('cancelled'). */
  readonly signal: AbortSignal;
  /** A line on stderr. */
  readonly log: (line: string) => void;
  /** A line on stdout before the command ends, for a command that stays (`serve`); it then gives `printed: true`. */
  readonly print: (line: string) => Promise<void>;
  /** A progress line on stderr, rewritten in place on a terminal. */
  readonly progress: (progress: Progress) => void;
}

/** Printed once at the end: `json` with --json, `text` without. */
export interface CliResult {
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Exit status other than 0, for a command that reports a problem without throwing. */
  readonly status?: number;
  /** The result went out by `context.print`: nothing is printed at the end. */
  readonly printed?: boolean;
}

export interface CliCommand {
  /** "train", or "catalog build". */
  readonly name: string;
  readonly summary: string;
  /** Adds arguments and options to the commander command. */
  readonly configure: (command: Command) => void;
  /** `options` are commander's, checked here by a zod schema or by hand; kind bad-request names the option. */
  readonly run: (args: readonly string[], options: Readonly<Record<string, unknown>>, context: CliContext) => Promise<CliResult>;
}
