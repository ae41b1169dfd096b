#!/usr/bin/env node
/**
 * What a training step of a Monet model costs as its experts grow: one process a size and round, sizes in turn, so that load from elsewhere meets all of them.
 *
 *   node bench/monet-experts.mjs [--arch monet-hd] [--d 256] [--layers 4] [--tokens 2048] [--steps 3] [--rounds 2] [--experts 1024,4096,16384,65536,262144] [--svg FILE] [--json FILE]
 *
 * The hypothesis is that time goes with the square root of the experts. Times are processor time, the least over rounds, since other programs only add to it.
 * Two figures speak of it: the exponent p of the best line through log(time) over log(experts), and the best fit of time = a + b sqrt(experts) with its R^2.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as echarts from 'echarts';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    arch: { type: 'string', default: 'monet-hd' }, d: { type: 'string', default: '256' }, layers: { type: 'string', default: '4' }, tokens: { type: 'string', default: '2048' },
    steps: { type: 'string', default: '3' }, rounds: { type: 'string', default: '2' }, experts: { type: 'string', default: '1024,4096,16384,65536,262144' }, svg: { type: 'string' }, json: { type: 'string' },
  },
});
const sizes = options.experts.split(',').map(Number);

function step(experts) {
  const args = ['bench', 'lm', '--arch', options.arch, '--d', options.d, '--layers', options.layers, '--tokens', options.tokens, '--steps', options.steps, '--set', `experts=${experts}`, '--json'];
  return JSON.parse(execFileSync(join(root, 'node_modules/.bin/node'), [join(root, 'src/cli/loupe.ts'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 1_800_000 }).trim().split('\n').at(-1));
}

/** Least squares y = a + b x, and the share of y's variance that it explains. */
function line(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const b = x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0) / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const a = my - b * mx;
  const left = y.reduce((sum, value, i) => sum + (value - a - b * x[i]) ** 2, 0);
  return { a, b, r2: 1 - left / y.reduce((sum, value) => sum + (value - my) ** 2, 0) };
}

/** Parameters by formula: 2 s m d + s m + s d a layer, 2 d heads s a group of two layers; heads 2 and m 8 are the layer's defaults. */
function formula(experts) {
  const [s, d, layers] = [Math.sqrt(experts), Number(options.d), Number(options.layers)];
  return layers * (2 * s * 8 * d + s * 8 + s * d) + Math.ceil(layers / 2) * 2 * d * 2 * s;
}

function svg(rows, fit) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 420 });
  const points = (of) => rows.map((row) => [row.experts, of(row)]);
  chart.setOption({
    animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily: 'sans-serif' },
    title: { text: `${options.arch}: a training step by the number of experts`, subtext: `d ${options.d}, ${options.layers} layers, ${options.tokens} tokens; time ~ experts^${fit.exponent.toFixed(2)}; load ${rows.at(-1).load.toFixed(0)}`, left: 'center' },
    legend: { bottom: 4, itemGap: 40 }, grid: { left: 70, right: 70, top: 70, bottom: 80 },
    xAxis: { type: 'log', name: 'experts of a layer', nameLocation: 'middle', nameGap: 28, min: rows[0].experts / 2, max: rows.at(-1).experts * 2 },
    yAxis: [{ type: 'value', name: 'processor time, ms', min: 0 }, { type: 'value', name: 'peak memory, MiB', min: 0, splitLine: { show: false } }],
    series: [
      { name: 'measured', type: 'scatter', symbolSize: 9, data: points((row) => row.cpu_ms), itemStyle: { color: '#0072b2' } },
      { name: 'a + b sqrt(experts)', type: 'line', showSymbol: false, smooth: true, data: rows.map(({ experts }) => [experts, fit.root.a + fit.root.b * Math.sqrt(experts)]), lineStyle: { color: '#0072b2', type: 'dashed' }, itemStyle: { color: '#0072b2' } },
      { name: 'peak memory', type: 'line', yAxisIndex: 1, data: points((row) => row.peak_mb), lineStyle: { color: '#d55e00' }, itemStyle: { color: '#d55e00' } },
    ],
  });
  const text = chart.renderToSVGString();
  chart.dispose();
  return text;
}

const runs = new Map(sizes.map((experts) => [experts, []]));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const experts of sizes) runs.get(experts).push({ ...step(experts), load: loadavg()[0] });
}
const rows = sizes.map((experts) => {
  const all = runs.get(experts);
  const least = (name) => Math.min(...all.map((run) => run[name]));
  return { experts, cpu_ms: least('cpu_ms_per_step'), tokens_per_s: Math.max(...all.map((run) => run.tokens_per_s)), peak_mb: least('peak_rss_mb'), parameters: all[0].parameters, load: Math.max(...all.map((run) => run.load)) };
});
const [logs, times] = [rows.map(({ experts }) => Math.log(experts)), rows.map(({ cpu_ms }) => cpu_ms)];
const fit = { exponent: line(logs, times.map(Math.log)).b, root: line(rows.map(({ experts }) => Math.sqrt(experts)), times) };

console.log('| experts | processor time, ms | tokens/s | peak memory, MiB | parameters | of the Monet layers, by formula |\n|---|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.experts} | ${row.cpu_ms.toFixed(0)} | ${row.tokens_per_s} | ${row.peak_mb} | ${row.parameters} | ${formula(row.experts)} |`);
// What is no expert and no router is the same at every size.
const others = new Set(rows.map((row) => row.parameters - formula(row.experts)));
if (others.size !== 1) throw new Error(`parameters do not follow the formula: the rest is ${[...others].join(', ')}`);
console.log(`time ~ experts^${fit.exponent.toFixed(3)}; ${fit.root.a.toFixed(0)} ms + ${fit.root.b.toFixed(2)} ms * sqrt(experts), R^2 ${fit.root.r2.toFixed(3)}; the rest of the model has ${[...others][0]} parameters; load ${rows.at(-1).load.toFixed(1)}`);
if (options.svg !== undefined) writeFileSync(options.svg, svg(rows, fit));
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ options, rows, fit }, null, 2)}\n`);
