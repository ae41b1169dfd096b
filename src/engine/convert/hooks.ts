/** Names of places in a model, between TransformerLens' hooks and those of other programs. */

/** The layer of `blocks.5.hook_resid_post`, or null. */
export function layerOf(hookPoint: string | null): number | null {
  const layer = /^blocks\.(\d+)\./.exec(hookPoint ?? '')?.[1];
  return layer === undefined ? null : Number(layer);
}

/** A module of Hugging Face (`layers.5`, `h.5.mlp`, `model.layers.5.self_attn`, `embed_tokens`) as the hook of its output, or null. */
export function hookOfModule(module: string): string | null {
  if (/(^|\.)(embed_tokens|wte|embed_in)$/.test(module)) return 'hook_embed';
  const [, layer, part] = /(?:^|\.)(?:layers|h|layer)[._](\d+)(?:\.(\w+))?$/.exec(module) ?? [];
  if (layer === undefined) return null;
  if (part === undefined) return `blocks.${layer}.hook_resid_post`;
  if (part === 'mlp') return `blocks.${layer}.hook_mlp_out`;
  return /attn|attention/.test(part) ? `blocks.${layer}.hook_attn_out` : null;
}

/** The kind of place in dictionary_learning's `submodule_name` (`resid_post_layer_5`, `mlp_out_layer_5`) as a hook of a layer. */
export function hookOfSubmodule(submodule: unknown, layer: unknown): string | null {
  if (typeof layer !== 'number' || !Number.isInteger(layer)) return null;
  const name = typeof submodule === 'string' ? submodule : '';
  const part = /mlp/.test(name) ? 'hook_mlp_out' : /attn|attention/.test(name) ? 'hook_attn_out' : /resid_pre/.test(name) ? 'hook_resid_pre' : 'hook_resid_post';
  return `blocks.${layer}.${part}`;
}
