/** `loupe bench studio`: how fast the built studio is in Chromium, on a generated catalog or on a copy of one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { entryPath } from '../../engine/entry.ts';
import { engineNode } from '../../main/engine/node.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { requireRenderer } from './serve.ts';

function configure(command: Command): void {
  command
    .option('--features <n>', 'features of the generated catalog, 45 examples each; kept in the cache folder', '131072')
    .option('--catalog <file>', 'a catalog to copy and measure instead')
    .option('--pages <n>', 'feature pages to walk through', '1000')
    .option('--searches <n>', 'words to search for', '120');
}

/** The bench drives a browser with packages that only a checkout has. Kind missing-component names what is not there. */
function requireBench(): string {
  requireRenderer();
  const root = entryPath('root');
  const script = join(root, 'bench/studio.ts');
  for (const [path, what] of [[script, 'bench/studio.ts, which only a checkout has'], [join(root, 'node_modules/playwright-core'), 'the package playwright-core: run "npm run setup" in a checkout']] as const) {
    if (!existsSync(path)) throw new LoupeError('missing-component', `the bench needs ${what}.`);
  }
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
  if (![process.env['LOUPE_CHROMIUM'], ...known].some((path) => path !== undefined && existsSync(path))) {
    throw new LoupeError('missing-component', 'the bench needs Chromium: install it, or set LOUPE_CHROMIUM to its path.');
  }
  return script;
}

/** Runs the bench in a process of its own; its last line is the result, the rest goes to stderr. */
function runBench(script: string, args: readonly string[], context: CliContext): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const { execPath, env } = engineNode();
    const child = spawn(execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env }, signal: context.signal });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => { text += part; });
    child.on('error', (cause) => reject(context.signal.aborted ? new LoupeError('cancelled', 'the bench was stopped.') : cause));
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text.trim().split('\n').at(-1)!) as Record<string, unknown>);
      else reject(new LoupeError('defect', `the bench ended with status ${code}: its last lines above say why.`));
    });
  });
}

export const command: CliCommand = {
  name: 'bench studio',
  summary: 'Time the studio in Chromium: opening, sorting, searching, feature pages, scrolling, memory',
  configure,
  async run(_args, options, context) {
    const script = requireBench();
    const args = [
      '--features', String(wholeNumber(options, 'features', 1, 1_048_576)), '--pages', String(wholeNumber(options, 'pages', 10, 100_000)),
      '--searches', String(wholeNumber(options, 'searches', 1, 10_000)), ...(typeof options['catalog'] === 'string' ? ['--catalog', options['catalog']] : []),
    ];
    const json = await runBench(script, args, context);
    const ms = (name: string): string => `${String(json[name])} ms`;
    const text = `open ${ms('open_ms')}, sort ${ms('sort_ms_p95')}, filter ${ms('filter_ms_p95')}, search ${ms('search_ms_p95')}, feature page ${ms('page_ms_p95')} (95 % within); `
      + `scrolling ${String(json['scroll_fps'])} frames/s, longest frame ${ms('longest_frame_ms')}; renderer ${String(json['renderer_mb'])} MiB`;
    return { json, text };
  },
};
