/** The folder that becomes the app: what runs, and of the npm packages only what runs needs, without what no program reads. */
import { constants, cpSync, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** Paths (`node_modules/...`) of every package that the app needs at run time, by the lock file; optional ones that are not installed are left out.
 * @param {{packages: Record<string, {dev?: boolean, devOptional?: boolean, optional?: boolean, link?: boolean}>}} lock @param {string} root
 * @returns {string[]} @throws when one that is needed is not installed */
export function productionPackages(lock, root) {
  const paths = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && entry.dev !== true && entry.devOptional !== true && entry.link !== true);
  const absent = paths.filter(([path, { optional }]) => optional !== true && !existsSync(join(root, path)));
  if (absent.length > 0) throw new Error(`${absent.map(([path]) => path).slice(0, 3).join(', ')} is not installed: run npm run setup`);
  return paths.map(([path]) => path).filter((path) => existsSync(join(root, path)));
}

/** Whether a file of a package goes into the app: no source maps, types, tests, or documentation. Licences always do.
 * @param {string} path below node_modules, with / */
export function isKept(path) {
  const name = basename(path);
  if (/^(licen[cs]e|notice|copying)/i.test(name)) return true;
  if (/\.(map|d\.ts|d\.mts|d\.cts|tsbuildinfo|md|markdown|flow)$/.test(name)) return false;
  if (/(^|\/)(\.github|__tests__|\.vscode)(\/|$)/.test(path)) return false;
  // The pinned Node is its program; headers and manual pages are not. SQLite's source is compiled into the prebuilt files.
  if (/(^|\/)node-[a-z0-9]+-[a-z0-9]+\/(include|share)(\/|$)/.test(path)) return false;
  return !/(^|\/)better-sqlite3\/(deps|src)(\/|$)/.test(path);
}

/** Copies a tree; a clone where the disk can. `kept` gets paths relative to `from`, with /. */
function copyTree(from, to, kept = () => true) {
  cpSync(from, to, {
    recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true,
    filter: (path) => path === from || kept(path.slice(from.length + 1).split(sep).join('/')),
  });
}

function copyPackage(root, target, path) {
  const inModules = path.slice('node_modules/'.length);
  // A nested node_modules belongs to the packages in it, which are listed by themselves.
  copyTree(join(root, path), join(target, path), (file) => !/(^|\/)node_modules(\/|$)/.test(file) && isKept(`${inModules}/${file}`));
}

/** Bytes and files below a folder; links are not followed. @param {string} folder */
export function measure(folder) {
  let [bytes, files] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const below = measure(path);
      bytes += below.bytes;
      files += below.files;
    } else {
      bytes += lstatSync(path).size;
      files++;
    }
  }
  return { bytes, files };
}

/** What the app needs of our own, and what its first set-up needs to build the tensor runtime's binding. */
const parts = ['out', 'bin', 'resources', 'native', 'scripts/setup', 'scripts/setup.mjs', 'scripts/components.mjs', 'package-lock.json'];
const leftOut = /(^|\/)(\.stamp|\.lock|.*\.map|screenshots)$/;

/** Fills an empty folder. @param {string} root @param {string} target @returns {{packages: number, bytes: number, files: number}} */
export function stageApp(root, target) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = productionPackages(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')), root);
  for (const part of parts) {
    const from = join(root, part);
    if (!existsSync(from)) throw new Error(`${part} is missing: run npm run build`);
    mkdirSync(dirname(join(target, part)), { recursive: true });
    if (statSync(from).isDirectory()) copyTree(from, join(target, part), (path) => !leftOut.test(path));
    else copyFileSync(from, join(target, part));
  }
  for (const path of packages) copyPackage(root, target, path);
  const { name, version, description, type, main, bin, engines, dependencies, optionalDependencies } = manifest;
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ name, version, description, author: 'Loupe', type, main, bin, engines, dependencies, optionalDependencies }, null, 2)}\n`);
  return { packages: packages.length, ...measure(target) };
}
