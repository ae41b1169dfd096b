import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { pickleBytes, pickledCall, pickledDict, pickledGlobal, pickledInteger, pickledString, pickledTuple } from '../../../../src/engine/formats/pickle-writer.ts';
import type { Pickled } from '../../../../src/engine/formats/pickle-writer.ts';
import { openTorch } from '../../../../src/engine/formats/torch.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { payload, pickledTensor, raw, torchBytes, writeTorchFile } from '../../../support/torch-file.ts';
import type { TensorClaims } from '../../../support/torch-file.ts';

const fixtures = resolve(import.meta.dirname, '../../../parity/fixtures/dictionaries');

/** The values of a tensor that views the storage 1 to 6. */
function view(t: TestContext, claims: TensorClaims): number[] {
  const file = openTorch(writeTorchFile(temporaryFolder(t), pickledTensor(claims)));
  try {
    return [...file.readFloat32('w')];
  } finally {
    file.close();
  }
}

test('a state dict that torch saved is opened: shapes, scalars, strings, an OrderedDict with metadata', () => {
  const file = openTorch(join(fixtures, 'openai-topk', '8.pt'));
  assert.deepEqual(Object.fromEntries([...file.entries].map(([name, { shape }]) => [name, shape])), {
    pre_bias: [6], latent_bias: [10], stats_last_nonzero: [10], 'encoder.weight': [10, 6], 'decoder.weight': [6, 10],
  });
  assert.equal(file.values.get('activation'), 'TopK');
  assert.deepEqual([...file.readFloat32('stats_last_nonzero')], new Array(10).fill(0));
  assert.throws(() => file.readFloat32('none'), { kind: 'not-found' });
  file.close();
  const scalar = openTorch(join(fixtures, 'dictionary-learning-topk', 'ae.pt'));
  assert.deepEqual([[...scalar.readFloat32('k')], [...scalar.readFloat32('threshold')].length], [[3], 1]);
  scalar.close();
});

test('views are read by place, shape and strides', (t) => {
  assert.deepEqual(view(t, { shape: [2, 3], stride: [3, 1] }), [1, 2, 3, 4, 5, 6]);
  // torch's .T of it
  assert.deepEqual(view(t, { shape: [3, 2], stride: [1, 3] }), [1, 4, 2, 5, 3, 6]);
  assert.deepEqual(view(t, { shape: [2], stride: [1], first: 3 }), [4, 5]);
  assert.deepEqual(view(t, { shape: [2, 2], stride: [3, 2], first: 0 }), [1, 3, 4, 6]);
  assert.deepEqual(view(t, { shape: [1, 2, 3], stride: [99, 1, 2] }), [1, 3, 5, 2, 4, 6]);
  assert.deepEqual(view(t, { shape: [], stride: [], first: 5 }), [6]);
  assert.deepEqual(view(t, { shape: [0, 4], stride: [4, 1] }), []);
});

test('every dtype that torch names becomes float32', (t) => {
  const folder = temporaryFolder(t);
  const cases: [string, Buffer, number[]][] = [
    ['DoubleStorage', Buffer.from(Float64Array.of(1.5, -2).buffer), [1.5, -2]], ['HalfStorage', Buffer.from(Uint16Array.of(0x3e00, 0xc000).buffer), [1.5, -2]],
    ['BFloat16Storage', Buffer.from(Uint16Array.of(0x3fc0, 0xc000).buffer), [1.5, -2]], ['LongStorage', Buffer.from(BigInt64Array.of(3n, -4n).buffer), [3, -4]],
    ['IntStorage', Buffer.from(Int32Array.of(3, -4).buffer), [3, -4]], ['ShortStorage', Buffer.from(Int16Array.of(3, -4).buffer), [3, -4]],
    ['CharStorage', Buffer.from(Int8Array.of(3, -4).buffer), [3, -4]], ['ByteStorage', Buffer.of(3, 250), [3, 250]], ['BoolStorage', Buffer.of(1, 0), [1, 0]],
  ];
  for (const [storage, bytes, expected] of cases) {
    const path = join(folder, `${storage}.pt`);
    writeFileSync(path, torchBytes(pickleBytes(pickledDict({ w: pickledTensor({ storage, shape: [2], stride: [1], elements: 2 }) })), { 0: bytes }));
    const file = openTorch(path);
    assert.deepEqual([...file.readFloat32('w')], expected, storage);
    file.close();
  }
});

test('a checkpoint that keeps its state dict inside is looked through', (t) => {
  const path = writeTorchFile(temporaryFolder(t), pickledInteger(1));
  writeFileSync(path, torchBytes(pickleBytes(pickledDict({ state_dict: pickledDict({ w: pickledTensor({ shape: [6], stride: [1] }) }), step: pickledInteger(7) })), { 0: Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer) }));
  const file = openTorch(path);
  assert.deepEqual([...file.entries.keys()], ['w']);
  assert.equal(file.values.get('step'), 7);
  file.close();
});

test('tensors that reach out of their storage, repeat it or lie about it are refused', (t) => {
  const refused = (claims: TensorClaims, message: RegExp): void => void assert.throws(() => view(t, claims), { kind: 'bad-file', message });
  refused({ shape: [7], stride: [1] }, /reaches beyond its storage of 6/);
  refused({ shape: [2, 3], stride: [4, 1] }, /reaches beyond/);
  refused({ shape: [1], stride: [1], first: 6 }, /reaches beyond/);
  refused({ shape: [-1], stride: [1] }, /no valid storage, place, shape and strides/);
  refused({ shape: [2], stride: [-1], first: 5 }, /no valid/);
  refused({ shape: [2], stride: [1], first: -1 }, /no valid/);
  refused({ shape: [2, 3], stride: [1] }, /no valid/);
  // an expanded tensor: 10^12 elements out of one
  refused({ shape: [1_000_000, 1_000_000], stride: [0, 0] }, /repeats its storage/);
  refused({ shape: [4, 4], stride: [1, 0] }, /repeats its storage/);
  refused({ shape: new Array<number>(9).fill(1), stride: new Array<number>(9).fill(1) }, /no valid/);
  refused({ shape: [6], stride: [1], elements: 7 }, /should hold 7 elements of 4 bytes, and has 24/);
  refused({ shape: [6], stride: [1], storage: 'DoubleStorage' }, /should hold 6 elements of 8 bytes/);
  refused({ shape: [6], stride: [1], key: '../0' }, /storage "\.\.\/0" is missing/);
});

test('payloads are refused and never run, in every place of a state dict', (t) => {
  const folder = temporaryFolder(t);
  const marker = join(folder, 'ran');
  const attack = payload('os', 'system', `touch ${marker}`);
  const entries: Pickled[] = [
    attack, pickledDict({ deep: pickledTuple([attack]) }), pickledCall(pickledGlobal('torch._utils', '_rebuild_tensor_v2'), [attack]),
    pickledCall(pickledGlobal('collections', 'OrderedDict'), [attack]), [...pickledTuple([attack]), raw('Q')],
  ];
  for (const entry of entries) assert.throws(() => openTorch(writeTorchFile(folder, entry)), { kind: 'bad-file', message: /"os\.system"/ });
  assert.equal(existsSync(marker), false);
  for (const name of ['torch.load', 'torch.hub.load', 'torch._utils._rebuild_tensor_v2.__globals__', 'numpy.core.multiarray._reconstruct', 'codecs.encode']) {
    const [module, last] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
    assert.throws(() => openTorch(writeTorchFile(folder, payload(module, last, 'x'))), { kind: 'bad-file', message: /no part of a tensor/ });
  }
  assert.throws(() => openTorch(writeTorchFile(folder, [...pickledString('x'), raw('Q')])), { kind: 'bad-file', message: /no storage of torch/ });
  assert.throws(() => openTorch(writeTorchFile(folder, [...pickledTuple([pickledString('storage'), pickledGlobal('torch', 'float32'), pickledString('0'), pickledString('cpu'), pickledInteger(6)]), raw('Q')])), { kind: 'bad-file', message: /no storage/ });
});

test('archives that are no state dict are refused: other pickles, TorchScript, big-endian, none at all', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'x.pt');
  const refused = (bytes: Buffer, kind: string, message: RegExp): void => {
    writeFileSync(path, bytes);
    assert.throws(() => openTorch(path), { kind, message });
  };
  refused(torchBytes(pickleBytes(pickledInteger(3))), 'bad-file', /holds no state dict/);
  refused(torchBytes(pickleBytes(pickledDict({})), {}, { 'archive/byteorder': Buffer.from('big') }), 'unsupported', /big-endian/);
  refused(torchBytes(pickleBytes(pickledDict({})), {}, { 'other/data.pkl': Buffer.from('N.') }), 'bad-file', /2 data\.pkl/);
  refused(pickleBytes(payload('os', 'system', 'true')), 'unsupported', /bare pickle.*not run/);
  refused(Buffer.from('not a zip, but long enough to hold an end record'), 'bad-file', /no directory/);
  assert.throws(() => openTorch(join(folder, 'none.pt')), { kind: 'not-found' });
  assert.throws(() => openTorch(folder), { kind: 'bad-file', message: /is a folder/ });
});
