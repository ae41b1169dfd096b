/** `loupe catalog merge`: the labels, remarks, lists and scores of a teammate's catalog into ours. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import type { CatalogClient } from '../../main/catalog/client.ts';
import { mergeChoices } from '../../shared/schema/share.ts';
import type { MergeChange, MergeChoice, MergeInput, MergePreview, MergeResult } from '../../shared/schema/share.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  command
    .argument('<mine>', 'the catalog that is merged into')
    .argument('<theirs>', 'the catalog that is merged in; it is only read')
    .option('--conflicts <how>', 'where two labels did not know of each other: ask, mine, theirs or both', 'ask')
    .option('--sources <which>', 'feature spaces that only theirs has: none, or all of them', 'none')
    .option('--author <name>', 'who decides (default: nobody is named)', '')
    .option('--undo <id>', 'take an earlier merge back instead: the id that it gave (THEIRS is then not looked at)')
    .option('--dry-run', 'say what would change, and change nothing');
}

/** Takes one option out of a closed list. Kind bad-request names it. */
function oneOf<T extends string>(options: Options, name: string, allowed: readonly T[]): T {
  const value = allowed.find((candidate) => candidate === options[name]);
  if (value === undefined) throw new LoupeError('bad-request', `--${name} must be ${allowed.join(', ')}, not "${String(options[name])}"`);
  return value;
}

const count = (n: number): string => n.toLocaleString('en-US');

/** What would change, in lines. */
export function describePreview({ sources, counts, tables, authors, changes }: MergePreview): string {
  const lines = sources.map((source) => `  ${source.name}: ${count(source.features)} features at ${source.hookPoint} of ${source.modelName}; ${source.mine === null ? 'not here yet' : `same features as source ${source.mine.id} here`}`);
  lines.push(`  labels: ${count(counts.new)} new, ${count(counts.changed)} changed, ${count(counts.removed)} taken back, ${count(counts.conflict)} in conflict, ${count(counts.agreed)} in the same words, ${count(counts.identical)} identical`);
  for (const { table, add, change, kept } of tables) if (add + change + kept > 0) lines.push(`  ${table.replace('_', ' ')}: ${count(add)} new, ${count(change)} changed${kept > 0 ? `, ${count(kept)} say something else there (yours stay)` : ''}`);
  if (authors.length > 0) lines.push(`  from ${authors.slice(0, 10).map(({ author, rows }) => `${author} (${count(rows)})`).join(', ')}`);
  const conflicts = changes.filter(({ status }) => status === 'conflict');
  return [...lines, ...conflicts.slice(0, 20).map(conflictLine), ...(conflicts.length > 20 ? [`  … ${count(conflicts.length - 20)} more conflicts`] : [])].join('\n');
}

function conflictLine({ source, index, mine, theirs }: MergeChange): string {
  return `  ${source}/${index}: "${mine?.text}" (${mine?.author || 'nobody'}) or "${theirs?.text}" (${theirs?.author || 'nobody'})`;
}

/** Asks about each conflict at the terminal. */
async function ask(preview: MergePreview): Promise<Record<string, MergeChoice>> {
  const conflicts = preview.changes.filter(({ status }) => status === 'conflict');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const choices: Record<string, MergeChoice> = {};
  try {
    for (const [i, change] of conflicts.entries()) {
      const answer = (await terminal.question(`${i + 1} of ${conflicts.length}${conflictLine(change)}\n  keep (m)ine, take (t)heirs or keep (b)oth? `)).trim().toLowerCase();
      const choice = mergeChoices.find((candidate) => answer !== '' && candidate.startsWith(answer));
      if (choice === undefined) throw new LoupeError('cancelled', `"${answer}" is neither mine, theirs nor both: nothing was merged.`);
      choices[`${change.source}/${change.index}`] = choice;
    }
  } finally {
    terminal.close();
  }
  return choices;
}

function describeResult(result: MergeResult, theirs: string): string {
  if (result.merge === null) return `${theirs} holds nothing that is not here already`;
  const parts = (['sources', 'labels', 'scores', 'reviews', 'comments', 'lists', 'views'] as const).filter((name) => result[name] > 0).map((name) => `${count(result[name])} ${name}`);
  return `merged ${parts.join(', ') || 'decisions'} from ${theirs}${result.undone > 0 ? `; ${count(result.undone)} labels were taken back` : ''} (merge ${result.merge})`;
}

async function undo(catalog: CatalogClient, given: unknown): Promise<CliResult> {
  if (!/^\d+$/.test(String(given))) throw new LoupeError('bad-request', `--undo must be the id of a merge, not "${String(given)}"`);
  const { labels } = await catalog.undoMerge(Number(given));
  return { json: { undone: Number(given), labels }, text: `merge ${String(given)} was taken back: ${count(labels)} labels went` };
}

async function merge(catalog: CatalogClient, theirs: string, options: Options, context: CliContext): Promise<CliResult> {
  const conflicts = oneOf(options, 'conflicts', ['ask', ...mergeChoices]);
  const whole = oneOf(options, 'sources', ['none', 'all']);
  const preview = await catalog.previewMerge(theirs);
  if (options['dryRun'] === true) return { json: { dryRun: true, ...preview }, text: `${theirs} into ${catalog.path}:\n${describePreview(preview)}` };
  const asks = conflicts === 'ask' && preview.counts.conflict > 0 && !context.json && process.stdin.isTTY;
  const input: MergeInput = {
    sources: whole === 'all' ? preview.sources.filter(({ mine }) => mine === null).map(({ id }) => id) : [],
    conflicts: conflicts === 'ask' ? null : conflicts, choices: asks ? await ask(preview) : {}, author: String(options['author'] ?? '').slice(0, 200),
  };
  const result = await catalog.merge(theirs, input);
  return { json: { ...result }, text: describeResult(result, theirs) };
}

async function run(args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const [mine, theirs] = args;
  if (mine === undefined || theirs === undefined) throw new LoupeError('bad-request', 'name both catalogs: loupe catalog merge MINE THEIRS');
  const catalog = await openCatalog(mine);
  try {
    return options['undo'] === undefined ? await merge(catalog, theirs, options, context) : await undo(catalog, options['undo']);
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog merge', summary: "A teammate's labels, remarks and lists into a catalog of yours", configure, run };
