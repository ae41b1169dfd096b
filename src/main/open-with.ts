/** What the words of a command line ask for: a catalog that was double-clicked, a workspace. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path, or the `file:` address that some Linux desktops give in its place; null for any other address. */
function toPath(word: string): string | null {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(word)) return word;
  try {
    return fileURLToPath(word);
  } catch {
    return null;
  }
}

/** The first catalog among the words, made absolute from `folder`. */
export function catalogIn(argv: readonly string[], folder: string): string | null {
  const word = argv.find((candidate) => !candidate.startsWith('-') && candidate.toLowerCase().endsWith('.loupe'));
  const path = word === undefined ? null : toPath(word);
  return path === null ? null : resolve(folder, path);
}

/** `--workspace=DIR`, else `otherwise`. */
export function workspaceIn(argv: readonly string[], otherwise: string): string {
  const given = argv.find((word) => word.startsWith('--workspace='))?.slice('--workspace='.length);
  return given === undefined || !isAbsolute(given) ? otherwise : given;
}
