/** Which wheels make the tensor runtime on a machine: a pure function of the pins (`resources/runtime-pins.json`). */

/** @typedef {{package: string, version: string, file: string, bytes: number, sha256: string, platforms?: string[]}} WheelPin */
/** @typedef {{ok: true, folder: string, gpu: boolean, wheels: WheelPin[], bytes: number}} Resolved */
/** @typedef {{ok: false, reason: string, cure: string}} Refused */

/** The runtime for a platform.
 * @param {{platform: string, arch: string, gpu: boolean}} machine @param {any} pins @returns {Resolved | Refused} */
export function resolveRuntime({ platform, arch, gpu }, pins) {
  const system = `${platform}-${arch}`;
  const { version, cpu, cuda } = pins.tensorflow;
  if (gpu && !(system in cuda)) {
    return { ok: false, reason: `there is no CUDA build of TensorFlow ${version} for ${system}`, cure: 'run set-up without --gpu' };
  }
  if (!gpu && !(system in cpu)) {
    const windows = 'use WSL2, where the Linux runtime works, or set LOUPE_TENSORFLOW to a TensorFlow folder';
    const others = 'set LOUPE_TENSORFLOW to a folder with TensorFlow libraries and headers';
    const reason = `TensorFlow ${version} has no library for ${system} that Loupe can link to`;
    return { ok: false, reason, cure: platform === 'win32' ? windows : others };
  }
  const wheels = gpu ? [cuda[system].tensorflow, ...cuda[system].nvidia] : [cpu[system]];
  const bytes = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
  return { ok: true, folder: `tensorflow-${gpu ? 'cuda' : 'cpu'}-${version}-${system}`, gpu, wheels, bytes };
}

/** Whether the CUDA build is wanted: `--gpu` and `--cpu` decide, then `LOUPE_GPU` (1 or 0), then a found driver.
 * @param {{args: string[], env: Record<string, string | undefined>, hasDriver: boolean, supported: boolean}} facts */
export function wantsGpu({ args, env, hasDriver, supported }) {
  if (args.includes('--gpu')) return true;
  if (args.includes('--cpu')) return false;
  if (env.LOUPE_GPU === '1') return true;
  if (env.LOUPE_GPU === '0') return false;
  return hasDriver && supported;
}

/** What to tell pip to get exactly this wheel, whatever Python it runs under.
 * @param {WheelPin} wheel @param {string} folder @returns {string[]} */
export function pipDownloadArguments(wheel, folder) {
  const platforms = (wheel.platforms ?? []).flatMap((platform) => ['--platform', platform]);
  const target = platforms.length === 0 ? [] : ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', ...platforms];
  return [
    'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check', '--no-input',
    '--progress-bar', 'off', '--retries', '5', '--timeout', '30', ...target, '--dest', folder, `${wheel.package}==${wheel.version}`,
  ];
}
