/** The diagnostics file that a user attaches to a report: the doctor's report without anything personal. */
import { homedir, hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import type { DoctorReport } from './report.ts';

interface Person {
  readonly home: string;
  readonly user: string;
  readonly host: string;
}

function currentPerson(): Person {
  let user = '';
  try {
    user = userInfo().username;
  } catch {
    // a user id without an entry in the system's list
  }
  return { home: homedir(), user, host: hostname() };
}

/** Replaces absolute paths by their last part, and names of the user and the machine by a dash. */
export function scrubText(text: string, person: Person): string {
  const names = [person.user, person.host].filter((name) => name.length > 2 && name !== 'root' && name !== 'localhost');
  const withoutHome = person.home.length > 1 ? text.replaceAll(person.home, '~') : text;
  const withoutPaths = withoutHome.replace(/(?:~|[A-Za-z]:\\|\/)[^\s"',;:()]*[/\\][^\s"',;:()]*/g, (path) => `<${path.split(/[/\\]/).at(-1) ?? ''}>`);
  return names.reduce((clean, name) => clean.replaceAll(name, '-'), withoutPaths);
}

/** Applies `scrubText` to every string in a JSON value. */
export function scrub(value: unknown, person: Person = currentPerson()): unknown {
  if (typeof value === 'string') return scrubText(value, person);
  if (Array.isArray(value)) return value.map((item) => scrub(item, person));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrub(item, person)]));
}

/** The report with paths of programs, folders and settings reduced to whether they are there. */
export function bundleOf(report: DoctorReport): unknown {
  const { tools, electron, sampleModel, cache, workspace, native, node, settings, ...rest } = report;
  const found = ({ path, ...facts }: { path: string | null }): unknown => ({ found: path !== null, ...facts });
  const place = ({ path: _path, ...facts }: { path: string }): unknown => facts;
  const isPath = (text: string): boolean => /[/\\]/.test(text);
  return scrub({
    format: 'loupe-diagnostics-1',
    ...rest,
    node: { version: node.version, program: basename(node.path) },
    native: { ...native, addon: native.addon !== null },
    tools: { python: found(tools.python), compiler: found(tools.compiler), npm: found(tools.npm) },
    electron: found(electron),
    sampleModel: found(sampleModel),
    cache: place(cache),
    workspace: place(workspace),
    settings: Object.fromEntries(Object.entries(settings).map(([name, text]) => [name, isPath(text) ? 'set' : text])),
  });
}

/** Writes the diagnostics file. @throws the system's error where the place cannot be written */
export async function writeBundle(report: DoctorReport, path: string): Promise<void> {
  writeJsonAtomic(path, bundleOf(report));
}
