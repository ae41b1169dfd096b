/** The doctor's report as text for a terminal. */
import type { DoctorReport, Found, Place } from './report.ts';

/** Bytes for people: "1.9 GB". */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

const row = (title: string, text: string): string => `  ${title.padEnd(16)}${text}`;

function tool(found: Found, without: string): string {
  return found.path === null ? `not found: ${without}` : [found.version, found.path].filter(Boolean).join(', ');
}

function place({ path, exists, writable, freeBytes }: Place): string {
  const state = [
    ...(exists ? [] : ['not there yet']),
    ...(writable ? [] : ['cannot be written']),
    ...(freeBytes === null ? [] : [`${formatBytes(freeBytes)} free`]),
  ];
  return `${path} (${state.join(', ')})`;
}

function backendLines(report: DoctorReport): string[] {
  return report.backends.map((probe) => {
    const mark = probe.backend === report.backend ? 'used' : probe.ok ? 'works' : 'refused';
    const cure = probe.cure === undefined ? '' : `\n${' '.repeat(18)}what would help: ${probe.cure}`;
    return row(probe.backend, `${mark}: ${probe.reason}${cure}`);
  });
}

function machineLines({ machine, node }: DoctorReport): string[] {
  const memory = `${formatBytes(machine.memoryBytes)}, ${formatBytes(machine.freeMemoryBytes)} available`;
  return [
    row('node', `${node.version}, ${node.path}`),
    row('system', `${machine.platform} ${machine.arch}, ${machine.release}`),
    row('processor', `${machine.cpu}, ${machine.threads} threads`),
    row('memory', memory),
    row('NVIDIA driver', machine.nvidiaDriver ?? 'none'),
  ];
}

function partLines(report: DoctorReport): string[] {
  const { native, tools, electron, sampleModel, cache, workspace } = report;
  const model = sampleModel.path === null ? 'not installed' : `${sampleModel.path} (${formatBytes(sampleModel.bytes ?? 0)})`;
  return [
    row('native ops', native.ops.length === 0 ? 'none: the readable twins in stock ops run' : native.ops.join(', ')),
    row('kernels for', native.instructionSets.length === 0 ? 'any processor' : native.instructionSets.join(', ')),
    row('python', tool(tools.python, 'the TensorFlow runtime and the sample model are fetched with its pip')),
    row('C++ compiler', tool(tools.compiler, 'the native addon cannot be built')),
    row('npm', tool(tools.npm, 'packages cannot be installed')),
    row('Electron', tool(electron, 'the studio opens in the browser')),
    row('sample model', model),
    row('cache', `${place(cache)}, ${formatBytes(cache.bytes)} used`),
    row('workspace', place(workspace)),
  ];
}

/** The report as lines of text, without colours. */
export function renderDoctor(report: DoctorReport): string {
  const settings = Object.entries(report.settings).map(([name, value]) => row(name, value));
  const missing = report.missing.map((part) => row(part.part, `${part.reason}\n${' '.repeat(18)}what would help: ${part.cure}`));
  return [
    `Loupe ${report.version}`,
    ...machineLines(report),
    'Tensor backends, in order of preference',
    ...backendLines(report),
    'Parts',
    ...partLines(report),
    ...(missing.length === 0 ? [] : ['Left out by set-up', ...missing]),
    ...(settings.length === 0 ? [] : ['Settings', ...settings]),
  ].join('\n');
}
