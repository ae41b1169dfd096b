/** In the numeric folders, an exported function says what it does, and the shape of each tensor it takes or gives. */
import { relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folders = ['src/engine/sae/', 'src/engine/lm/', 'src/engine/ops/'];
const tensorType = /\b(Tensor|Tensor[1-4]D|Float32Array|Int32Array|Variable)\b/;

function docOf(sourceCode, node) {
  const comment = sourceCode.getCommentsBefore(node).at(-1);
  return comment?.type === 'Block' && comment.value.startsWith('*') ? comment.value : null;
}

export const documentedRule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const path = relative(root, context.filename).split(sep).join('/');
    if (!folders.some((folder) => path.startsWith(folder))) return {};
    return {
      ExportNamedDeclaration(node) {
        const declaration = node.declaration;
        if (declaration?.type !== 'FunctionDeclaration') return;
        const doc = docOf(context.sourceCode, node);
        const name = declaration.id.name;
        if (doc === null) return context.report({ node, message: `${name} is exported: say in a docstring what it does` });
        const signature = context.sourceCode.text.slice(declaration.range[0], declaration.body.range[0]);
        if (tensorType.test(signature) && !/\[[^\]]*\]/.test(doc)) {
          context.report({ node, message: `${name} takes or gives tensors: give their shapes in the docstring, like "float32 [rows, dIn]"` });
        }
      },
    };
  },
};
