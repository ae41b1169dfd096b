/** `loupe doctor`: what was found on this machine, what was refused and why. */
import { resolve } from 'node:path';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  name: 'doctor',
  summary: 'What was found on this machine, what was refused and why',
  configure: (c) => void c.option('--bundle <file>', 'write a diagnostics file that can be attached to a report'),
  run: async (_args, options, context) => {
    const { doctorReport, renderDoctor, writeBundle } = await import('../../main/doctor/report.ts');
    const report = await doctorReport({ workspace: context.workspace });
    const bundle = options['bundle'] === undefined ? null : resolve(String(options['bundle']));
    if (bundle !== null) await writeBundle(report, bundle);
    const json = JSON.parse(JSON.stringify(report)) as Record<string, unknown>;
    const text = renderDoctor(report);
    return bundle === null ? { json, text } : { json: { ...json, bundle }, text: `${text}\nWritten: ${bundle}` };
  },
};
