/**
 * Packs the studio as an app.
 *
 *   npm run package -- --dir          everything that needs no download: stages the app, starts it, says what is missing
 *   npm run package                   installers for this platform (AppImage and deb; dmg and zip; nsis)
 *
 * [--out DIR] (default dist) [--json]. Status 0 done, 3 something that must be downloaded is missing, 1 it does not work.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MissingComponentError, ensureComponent } from './components.mjs';
import { checkStaged } from './package/check.mjs';
import { builderConfig } from './package/config.mjs';
import { writeIcons } from './package/icons.mjs';
import { stageApp } from './package/stage.mjs';
import { projectRoot as root } from './setup/paths.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

/** The folder of an unpacked Electron, or null: `LOUPE_ELECTRON` names its program, else what the package has unpacked. */
function electronFolder() {
  const given = process.env.LOUPE_ELECTRON;
  if (given) return existsSync(given) ? dirname(resolve(given)) : null;
  const told = join(root, 'node_modules', 'electron', 'path.txt');
  const dist = join(root, 'node_modules', 'electron', 'dist');
  return existsSync(told) && existsSync(join(dist, readFileSync(told, 'utf8').trim())) ? dist : null;
}

/** What is not there, where it was looked for, and how to bring it. */
function missingElectron(version) {
  const file = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  return {
    what: `Electron ${version} for ${process.platform}-${process.arch}`, file,
    lookedIn: ['LOUPE_ELECTRON', join(root, 'node_modules', 'electron', 'dist')],
    cure: `It is fetched from outside the npm registry. With a network: node node_modules/electron/install.js. Without: unpack ${file} anywhere and set LOUPE_ELECTRON to the program in it.`,
  };
}

/** Stages outside the checkout, where only the app's own packages can be found, and checks there. */
async function stage(target) {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-stage-'));
  try {
    const app = join(folder, 'app');
    mkdirSync(app);
    const staged = stageApp(root, app);
    say(`Staged ${staged.packages} packages, ${staged.files} files, ${Math.round(staged.bytes / 1e6)} MB; starting it ...`);
    const checked = await checkStaged(app);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    try {
      renameSync(app, target);
    } catch {
      cpSync(app, target, { recursive: true, verbatimSymlinks: true }); // another disk
    }
    return { ...staged, checked };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(out, config, dir) {
  const { program } = await ensureComponent('electron-builder');
  const file = join(out, 'electron-builder.json');
  writeFileSync(file, JSON.stringify(config, null, 2));
  const { status } = spawnSync(process.execPath, [program, ...(dir ? ['--dir'] : []), '--publish', 'never', '--config', file, '--projectDir', root], { stdio: ['ignore', 2, 2], cwd: root });
  if (status !== 0) throw new Error(`electron-builder ended with status ${status}: its messages are above. Installers need tools of their own (for AppImage, deb, nsis), which it fetches from outside the npm registry.`);
}

async function main() {
  const { values } = parseArgs({ options: { dir: { type: 'boolean', default: false }, out: { type: 'string', default: 'dist' }, json: { type: 'boolean', default: false } } });
  const out = resolve(root, values.out);
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'));
  const app = join(out, 'app');
  const staged = await stage(app);
  const icons = join(out, 'icons');
  writeIcons(join(root, 'resources', 'icons'), icons);
  const electronDist = electronFolder();
  const config = builderConfig({ app, output: join(out, 'packed'), icons, electronVersion: version, electronDist });
  writeFileSync(join(out, 'electron-builder.json'), JSON.stringify(config, null, 2));
  const missing = electronDist === null ? [missingElectron(version)] : [];
  if (missing.length === 0) await build(out, config, values.dir);
  if (values.json) process.stdout.write(`${JSON.stringify({ app, ...staged, packed: missing.length === 0 ? join(out, 'packed') : null, missing })}\n`);
  say(`The app is staged in ${app} and works: command line, engine and studio were started from it.`);
  for (const { what, file, lookedIn, cure } of missing) say(`Not packed: ${what} (${file}) is missing.\n  Looked in: ${lookedIn.join(', ')}\n  ${cure}`);
  return missing.length === 0 ? 0 : 3;
}

main().then(
  (status) => process.exit(status),
  (error) => {
    say(`package: ${error.message}`);
    process.exit(error instanceof MissingComponentError ? 3 : 1);
  },
);
