#!/usr/bin/env node
/**
 * Measures files and functions against the budgets of the house style, and fails where one is broken.
 *
 *   node scripts/size-report.mjs [--json]
 *
 * Physical lines. Functions are named functions, methods and functions bound to a const; nested ones count too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const budgets = { fileMedian: 120, fileP90: 350, fileMax: 600, functionMedian: 12, functionP90: 40, functionMax: 80 };

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'src', 'native', 'scripts'], { encoding: 'utf8' })
  .split('\0')
  .filter((file) => /\.(ts|svelte|cc|h|js|mjs|py)$/.test(file) && existsSync(file));

/** [name, lines] of every function in a TypeScript or JavaScript file, or in the script of a Svelte file. */
function functionsOf(file) {
  let text = readFileSync(file, 'utf8');
  if (file.endsWith('.svelte')) text = /<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '';
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const found = [];
  const lines = (node) => source.getLineAndCharacterOfPosition(node.end).line - source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const visit = (node) => {
    if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) && node.body) {
      found.push([node.name?.getText() ?? 'constructor', lines(node)]);
    } else if (ts.isVariableDeclaration(node) && node.initializer && (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer))) {
      found.push([node.name.getText(), lines(node.initializer)]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function quantile(sorted, q) {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

function summary(rows) {
  const sorted = rows.map(([, n]) => n).sort((a, b) => a - b);
  return { count: sorted.length, median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), max: sorted.at(-1) ?? 0 };
}

const fileRows = files.map((file) => [file, readFileSync(file, 'utf8').split('\n').length - 1]);
const functionRows = files
  .filter((file) => /\.(ts|svelte|js|mjs)$/.test(file))
  .flatMap((file) => functionsOf(file).map(([name, n]) => [`${file}: ${name}`, n]));
const measured = { files: summary(fileRows), functions: summary(functionRows) };

const problems = [];
for (const [what, rows, stats] of [['file', fileRows, measured.files], ['function', functionRows, measured.functions]]) {
  for (const figure of ['median', 'p90']) {
    const budget = budgets[what + figure[0].toUpperCase() + figure.slice(1)];
    if (stats[figure] > budget) problems.push(`${what} ${figure} is ${stats[figure]} lines, the budget is ${budget}`);
  }
  for (const [name, n] of rows) if (n > budgets[`${what}Max`]) problems.push(`${name} has ${n} lines, the most is ${budgets[`${what}Max`]}`);
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ ...measured, problems }));
} else {
  for (const [what, s] of Object.entries(measured)) console.log(`${what.padEnd(10)} ${s.count} counted, median ${s.median}, p90 ${s.p90}, max ${s.max} lines`);
  for (const problem of problems) console.error(`over budget: ${problem}`);
}
process.exit(problems.length === 0 ? 0 : 1);
