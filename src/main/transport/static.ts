/** The built renderer's files, for both hosts: nothing outside their folder, each with its true type. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.json': 'application/json', '.woff2': 'font/woff2',
  '.map': 'application/json', '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm',
};

export interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  /** Its name holds a hash of its content: it never changes. */
  readonly immutable: boolean;
}

/** The file for the path of an address (`/`, `/assets/x.js`), or null. Addresses of pages inside the app give its index. */
export async function findStatic(root: string, pathname: string): Promise<StaticFile | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\') || decoded.split('/').includes('..')) return null;
  const path = join(root, decoded === '/' ? 'index.html' : decoded);
  const type = types[extname(path).toLowerCase()];
  if (type === undefined) return null;
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]).catch(() => [null, null]);
  if (realRoot === null || real === null || !real.startsWith(realRoot + sep)) return null;
  if (!(await stat(real)).isFile()) return null;
  return { body: await readFile(real), type, immutable: decoded.startsWith('/assets/') };
}
