/** The Python that the parity tests call: PARITY_PYTHON, else the environment that set-up keeps for them. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Components {
  ensureComponent(name: string): Promise<{ readonly python: string }>;
}

let python: Promise<string> | undefined;

async function find(): Promise<string> {
  const given = process.env['PARITY_PYTHON'];
  if (given !== undefined && given !== '') return given;
  const components = (await import(new URL('../../scripts/components.mjs', import.meta.url).href)) as Components;
  return (await components.ensureComponent('parity-venv')).python;
}

/** Runs a script of this folder and gives its standard output; throws with its errors. */
export async function runPython(script: string, ...args: string[]): Promise<string> {
  python ??= find();
  const { status, stdout, stderr } = spawnSync(await python, ['-B', fileURLToPath(new URL(script, import.meta.url)), ...args], { encoding: 'utf8', timeout: 900_000 });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr.slice(-4000)}`);
  return stdout;
}

/** False when the package can be imported, else why a test that needs it is skipped. */
export async function missingPackage(name: string): Promise<string | false> {
  python ??= find();
  return spawnSync(await python, ['-c', `import ${name}`]).status === 0 ? false : `the Python package ${name} is not installed in the parity environment`;
}
