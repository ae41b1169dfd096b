/** `loupe studio [FILE]`: the studio in its own window where Electron is, else in the browser. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { entryPath } from '../../engine/entry.ts';
import { joinWorkspace } from '../../main/owner.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { electronBinary } from '../electron.ts';
import { parsePort, requireRenderer, serveStudio } from './serve.ts';

function catalogFile(given: string | undefined): string | null {
  if (given === undefined) return null;
  const file = resolve(given);
  if (!existsSync(file)) throw new LoupeError('not-found', `FILE: there is no file "${file}"`);
  return file;
}

/** Runs the window until it is closed. */
async function runElectron(binary: string, file: string | null, context: CliContext): Promise<CliResult> {
  const args = [entryPath('electron'), `--workspace=${context.workspace}`, ...(file === null ? [] : [file])];
  const child = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  context.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const status = await new Promise<number>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? 0));
  });
  return { json: { host: 'electron', workspace: context.workspace }, text: '', status };
}

export const command: CliCommand = {
  name: 'studio',
  summary: 'Open the studio, on a catalog if one is named',
  configure: (c) => void c.argument('[file]', 'a .loupe catalog').option('--browser', 'in the browser, even where Electron is').option('--port <n>', 'the port, when in the browser').option('--no-open', 'do not open a browser'),
  run: async ([given], options, context) => {
    const file = catalogFile(given);
    requireRenderer();
    const binary = options['browser'] === true ? null : electronBinary();
    if (binary !== null && existsSync(entryPath('electron'))) {
      const joined = await joinWorkspace(context.workspace, { open: file, show: true });
      if (joined?.host === 'electron') return { json: { host: 'electron', joined: true }, text: 'The studio is open already.' };
      return runElectron(binary, file, context);
    }
    if (options['browser'] !== true) context.log('Electron is not installed: the studio opens in the browser instead.');
    return serveStudio({ port: parsePort(options['port']), open: options['open'] !== false && !context.json, file }, context);
  },
};
