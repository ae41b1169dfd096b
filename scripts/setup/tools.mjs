/** Finding programs on PATH, without starting a shell. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of `names` that is an executable file in a folder of PATH.
 * @param {string[]} names @param {Record<string, string | undefined>} [env] @returns {string | undefined} */
export function findOnPath(names, env = process.env) {
  const endings = process.platform === 'win32' ? (env.PATHEXT || '.EXE;.CMD').split(';') : [''];
  const folders = (env.PATH || env.Path || '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (isExecutable(path)) return path;
      }
    }
  }
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The user's Python, or undefined. */
export const findPython = (env = process.env) => findOnPath(['python3', 'python'], env);

/** The user's C++ compiler (`CXX` first), or undefined. */
export const findCompiler = (env = process.env) => findOnPath([...(env.CXX ? [env.CXX] : []), 'g++', 'clang++', 'c++'], env);
