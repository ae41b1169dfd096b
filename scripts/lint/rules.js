/** Our own lint rules: imports point one way, and no file reaches itself. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { documentedRule } from './documented.js';
import { layerOf, packageOf } from './layers.js';

const root = resolve(import.meta.dirname, '../..');
const repositoryPath = (file) => relative(root, file).split(sep).join('/');

function importVisitor(check) {
  const visit = (node) => {
    if (typeof node.source?.value === 'string') check(node.source, node.source.value, node.importKind === 'type');
  };
  return { ImportDeclaration: visit, ExportNamedDeclaration: visit, ExportAllDeclaration: visit, ImportExpression: visit };
}

function layerProblem(layer, from, specifier) {
  if (specifier.startsWith('node:')) return layer.node ? null : `${layer.folder} runs without Node: it cannot import ${specifier}`;
  if (!specifier.startsWith('.')) {
    if (layer.packages.includes(packageOf(specifier))) return null;
    return `${layer.folder} may not import the package ${packageOf(specifier)} (scripts/lint/layers.js has the table)`;
  }
  const target = repositoryPath(resolve(dirname(from), specifier));
  const targetLayer = layerOf(target);
  if (targetLayer === undefined) return target.endsWith('.json') ? null : `${layer.folder} may not import ${target}, which lies outside src/`;
  if (targetLayer === layer || layer.folders.includes(targetLayer.folder)) return null;
  if (layer.folders.some((folder) => targetLayer.folder.startsWith(`${folder}/`))) return null;
  return `imports point one way: ${layer.folder} may not import ${targetLayer.folder}`;
}

const layersRule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const layer = layerOf(repositoryPath(context.filename));
    if (layer === undefined) return {};
    return importVisitor((node, specifier) => {
      const problem = layerProblem(layer, context.filename, specifier);
      if (problem !== null) context.report({ node, message: problem });
    });
  },
};

const importPattern = /^\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s*)?['"](\.[^'"]+)['"]/gm;
const graph = new Map();

/** The files that `file` imports for their values (type-only imports leave no trace at run time). */
function importsOf(file) {
  const known = graph.get(file);
  if (known !== undefined) return known;
  const found = [];
  graph.set(file, found);
  if (existsSync(file) && statSync(file).isFile()) {
    for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) found.push(resolve(dirname(file), match[1]));
  }
  return found;
}

/** A path of imports from `start` back to itself, or null. */
function cycleThrough(start) {
  const seen = new Set();
  const stack = importsOf(start).map((file) => [file]);
  while (stack.length > 0) {
    const path = stack.pop();
    const file = path.at(-1);
    if (file === start) return path;
    if (seen.has(file)) continue;
    seen.add(file);
    for (const next of importsOf(file)) stack.push([...path, next]);
  }
  return null;
}

const cyclesRule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    if (layerOf(repositoryPath(context.filename)) === undefined) return {};
    return {
      Program(node) {
        const cycle = cycleThrough(context.filename);
        if (cycle !== null) context.report({ node, message: `import cycle: ${[context.filename, ...cycle].map(repositoryPath).join(' -> ')}` });
      },
    };
  },
};

export default { rules: { layers: layersRule, 'no-cycles': cyclesRule, documented: documentedRule } };
