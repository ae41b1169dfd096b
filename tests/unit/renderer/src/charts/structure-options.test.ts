import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreementOption, agreementTable, codingOption, codingTable, loadOption, loadTable, routerScatterOption, routerScatterTable, withCoding, withRouting } from '../../../../../src/renderer/src/charts/structure-options.ts';
import type { RoutingFigures } from '../../../../../src/shared/schema/sparsity.ts';
import { layerOf, study } from '../../../../support/sparsity-study.ts';
import { palette } from './palette.ts';

interface Option {
  readonly series: readonly { readonly name?: string; readonly data: readonly (readonly number[])[]; readonly lineStyle?: { readonly type: string; readonly color: string } }[];
}

const coding = (rc: number) => ({ pre: { rc, r: 9 }, mid: { rc: rc - 1, r: 8 }, post: { rc: rc - 2, r: 7 }, length: 16 });
const routing: RoutingFigures = { experts: 2, pearson: -0.8, spearman: -0.9, pairs: 200, load: [0.75, 0.25], l0: [3, null], dead: [1], sample: [[0.5, 3, 0], [-0.5, 8, 1]] };
const plain = { name: 'plain', study: study() };
const crate = { name: 'crate', study: study({ layers: [layerOf(0, { coding: coding(6) }), layerOf(1, { coding: coding(4) })] }) };
const moe = { name: 'moe', study: study({ layers: [layerOf(0, { routing }), layerOf(1, { routing: { ...routing, spearman: null, pearson: null } })] }) };

test('rates run along three places a block, in the colour that the study has elsewhere', () => {
  assert.deepEqual(withCoding([plain, crate]).map(({ name }) => name), ['crate']);
  const { series } = codingOption([plain, crate], palette) as unknown as Option;
  assert.deepEqual(series.map(({ name, lineStyle }) => [name, lineStyle!.type, lineStyle!.color]), [['crate, Rc in subspaces', 'solid', 'b'], ['crate, R', 'dashed', 'b']]);
  assert.deepEqual(series[0]!.data, [[0, 6], [0.5, 5], [1, 4], [1, 4], [1.5, 3], [2, 2]]);
  assert.deepEqual([...codingTable([plain, crate]).rows][1], ['crate', 0, 'between attention and ISTA', 5, 8, 0.1]);
});

test('correlations stand at their layers with a ring at the chosen one; a router that predicts nothing has no line', () => {
  assert.deepEqual(withRouting([plain, moe]).map(({ name }) => name), ['moe']);
  const { series } = agreementOption([plain, moe], 0, palette) as unknown as Option;
  assert.deepEqual(series.map(({ name, data }) => [name, data]), [['moe, Spearman', [[0, -0.9]]], ['moe, Pearson', [[0, -0.8]]], [undefined, [[0, -0.9]]]]);
  assert.equal((agreementOption([plain, moe], 1, palette) as unknown as Option).series.length, 2);
  assert.deepEqual([...agreementTable([moe]).rows], [['moe', 0, -0.9, -0.8, 200, 1], ['moe', 1, null, null, 200, 1]]);
});

test('pairs and loads are drawn as they are', () => {
  assert.deepEqual((routerScatterOption(routing, palette) as unknown as Option).series[0]!.data, routing.sample);
  assert.equal([...routerScatterTable(routing).rows].length, 2);
  assert.deepEqual((loadOption(routing, palette) as unknown as Option).series[0]!.data, [[-0.4, 0.4, 0.75, 0], [0.6, 1.4, 0.25, 1]]);
  const { tooltip } = loadOption(routing, palette) as unknown as { tooltip: { formatter: (item: { data: number[] }) => string } };
  assert.match(tooltip.formatter({ data: [0.6, 1.4, 0.25, 1] }), /expert 1\n25\.0 % of tokens\nno token/u);
  assert.deepEqual([...loadTable(routing).rows], [[0, 0.75, 3], [1, 0.25, null]]);
});
