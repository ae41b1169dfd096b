import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPickle } from '../../../../src/engine/formats/pickle.ts';
import type { PickleDict, PickleHost, PickleTuple } from '../../../../src/engine/formats/pickle.ts';
import { pickleBytes, pickledDict, pickledTuple } from '../../../../src/engine/formats/pickle-writer.ts';
import { payload, raw } from '../../../support/torch-file.ts';

/** Knows one harmless global and counts what it is asked. */
function host(): PickleHost & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    global: (name) => {
      asked.push(name);
      return name === 'known.pair' ? { name, call: (args) => [...args] } : undefined;
    },
    persistent: (id) => ({ persistent: id }),
  };
}

const read = (...parts: readonly (string | number | Uint8Array)[]): unknown => readPickle(raw(...parts), host(), 'p');

test('numbers, strings and containers of protocols 2 and 4 are read', () => {
  assert.equal(read(0x80, 2, 'K', 200, '.'), 200);
  assert.equal(read('M', 0x34, 0x12, '.'), 0x1234);
  assert.equal(read('J', 0xfe, 0xff, 0xff, 0xff, '.'), -2);
  assert.equal(read(0x8a, 0, '.'), 0);
  assert.equal(read(0x8a, 2, 0x00, 0x80, '.'), -32768);
  assert.equal(read(0x8a, 3, 0x00, 0x80, 0x00, '.'), 32768);
  assert.equal(read('G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, '.'), 1.5);
  assert.equal(read('X', 2, 0, 0, 0, 'ab', '.'), 'ab');
  assert.equal(read(0x80, 4, 0x95, 7, 0, 0, 0, 0, 0, 0, 0, 0x8c, 2, 'ab', 0x94, '.'), 'ab');
  assert.deepEqual([read('N.'), read(0x88, '.'), read(0x89, '.')], [null, true, false]);
  assert.deepEqual(read('](K', 1, 'K', 2, 'eK', 3, 'a.'), [1, 2, 3]);
  assert.deepEqual((read('(K', 1, 'K', 2, 't.') as PickleTuple).items, [1, 2]);
  assert.deepEqual((read('K', 5, 0x85, '.') as PickleTuple).items, [5]);
  const dict = read('}(X', 1, 0, 0, 0, 'a', 'K', 1, 'uX', 1, 0, 0, 0, 'b', 'K', 2, 's.') as PickleDict;
  assert.deepEqual([...dict.entries], [['a', 1], ['b', 2]]);
  // kept under 0, dropped into a list twice
  assert.deepEqual(read('](K', 9, 'q', 0, 'h', 0, 'e.'), [9, 9]);
});

test('globals are asked for by their full name, called with their arguments, and persistent ids are passed on', () => {
  assert.deepEqual(read('cknown\npair\n(K', 1, 'K', 2, 'tR.'), [1, 2]);
  assert.deepEqual(read(0x8c, 5, 'known', 0x8c, 4, 'pair', 0x93, 'K', 1, 0x85, 'R.'), [1]);
  assert.deepEqual(read('K', 3, 'Q.'), { persistent: 3 });
  const one = host();
  assert.throws(() => readPickle(pickleBytes(payload('os', 'system', 'true')), one, 'p'), { kind: 'bad-file', message: /"os\.system".*would run code.*Nothing in it was run/s });
  assert.deepEqual(one.asked, ['os.system']);
});

test('payloads are refused by name, wherever they stand', () => {
  const refused = (bytes: Buffer, message: RegExp): void => void assert.throws(() => readPickle(bytes, host(), 'p'), { kind: 'bad-file', message });
  for (const [module, name] of [['os', 'system'], ['posix', 'system'], ['builtins', 'eval'], ['builtins', '__import__'], ['__builtin__', 'exec'], ['subprocess', 'Popen'], ['builtins', 'getattr']] as const) {
    refused(pickleBytes(payload(module, name, 'x')), new RegExp(`${module}\\.${name}`));
    refused(pickleBytes(pickledDict({ w: pickledTuple([payload(module, name, 'x')]) })), new RegExp(`${module}\\.${name}`));
    refused(raw(0x8c, module.length, module, 0x8c, name.length, name, 0x93, '.'), new RegExp(`${module}\\.${name}`));
  }
  // a known global cannot be made to stand for another by dots
  refused(raw('cknown.pair\n__class__\n.'), /known\.pair\.__class__/);
  for (const [bytes, name] of [[raw('(S\'x\'\nios\nsystem\n.'), 'STRING'], [raw('(ios\nsystem\n.'), 'INST'], [raw('(cknown\npair\no.'), 'OBJ'], [raw('cknown\npair\n)', 0x81, '.'), 'NEWOBJ'], [raw(0x82, 1, '.'), 'EXT1'], [raw('C', 1, 'x.'), 'SHORT_BINBYTES']] as const) {
    refused(bytes, new RegExp(`instruction ${name}`));
  }
  refused(raw(0xfe, '.'), /instruction 0xfe/);
  refused(raw('K', 1, 'K', 2, 0x85, 'R.'), /cannot be called/);
  refused(raw('cknown\npair\nK', 1, 'R.'), /cannot be called/);
  refused(raw('cknown\npair\n}b.'), /state of an object/);
  refused(raw('K', 1, '(K', 1, 'K', 2, 'u.'), /no dict/);
  refused(raw('K', 1, 'K', 2, 'a.'), /no list/);
});

test('broken pickles are refused: cut off, empty stacks, unknown memories, wrong text, sizes beyond the file', () => {
  const whole = pickleBytes(pickledDict({ a: pickledTuple([]), b: [raw('K', 7)] }));
  for (let length = 0; length < whole.length; length++) assert.throws(() => readPickle(whole.subarray(0, length), host(), 'p'), { kind: 'bad-file' });
  for (const bytes of [raw('.'), raw('t.'), raw('(.'), raw('h', 3, '.'), raw('X', 255, 255, 255, 255, 'a.'), raw('X', 1, 0, 0, 0, 0xff, '.'), raw(0x8a, 9, '.'), raw(0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127, '.'), raw('cos')]) {
    assert.throws(() => readPickle(bytes, host(), 'p'), { kind: 'bad-file' });
  }
});

test('size, instructions and stack are bounded', () => {
  assert.throws(() => readPickle(Buffer.alloc((4 << 20) + 1, 'N'), host(), 'p'), { kind: 'bad-file', message: /4194305 bytes/ });
  assert.throws(() => readPickle(Buffer.alloc(200_000, 'N'), host(), 'p'), { kind: 'bad-file', message: /nests too much/ });
  // lists are put on the stack and appended to one below, so that the stack stays low
  assert.throws(() => readPickle(raw(']', Buffer.alloc(1_000_000, ']a')), host(), 'p'), { kind: 'bad-file', message: /over 500000 instructions/ });
});
