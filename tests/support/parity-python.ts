/** The Python of the parity tests: LOUPE_PARITY_PYTHON, else the environment that set-up's component makes. */
export async function parityPython(): Promise<string> {
  const given = process.env['LOUPE_PARITY_PYTHON'];
  if (given !== undefined && given !== '') return given;
  const { ensureComponent } = (await import('../../scripts/components.mjs' as string)) as {
    ensureComponent: (name: string) => Promise<{ python: string }>;
  };
  return (await ensureComponent('parity-venv')).python;
}
