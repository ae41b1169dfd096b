/** The hook points of a decoder in TransformerLens' names, with their shapes. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import type { Architecture, ModelConfig } from './definition.ts';

/** What stands at a hook, beside batch B and length T. */
type Axes = 'model' | 'scale' | 'heads' | 'kvHeads' | 'headScales' | 'kvHeadScales' | 'square' | 'mlp' | number;

const norm = (name: string): [string, Axes][] => [[`${name}.hook_scale`, 'scale'], [`${name}.hook_normalized`, 'model']];

/** q_norm and k_norm, in TransformerLens rows of heads one under the other: here the heads of a token keep their own axis. */
const headNorms: [string, Axes][] = [
  ['attn.q_norm.hook_scale', 'headScales'], ['attn.q_norm.hook_normalized', 'heads'], ['attn.k_norm.hook_scale', 'kvHeadScales'], ['attn.k_norm.hook_normalized', 'kvHeads'],
];

function blockHooks(architecture: Architecture, parallel: boolean): [string, Axes][] {
  const { positions, mlp } = architecture;
  const post = (name: string): [string, Axes][] => (architecture.postNorms === true ? norm(name) : []);
  const rotary: [string, Axes][] = positions === 'rotary' ? [['attn.hook_rot_q', 'heads'], ['attn.hook_rot_k', 'kvHeads']] : [];
  const linear: [string, Axes][] = mlp === 'gated' ? [['mlp.hook_pre_linear', 'mlp']] : [];
  return [
    ['hook_resid_pre', 'model'], ...norm('ln1'),
    ['attn.hook_q', 'heads'], ['attn.hook_k', 'kvHeads'], ['attn.hook_v', 'kvHeads'], ...(architecture.headNorms === true ? headNorms : []), ...rotary,
    ['attn.hook_attn_scores', 'square'], ['attn.hook_pattern', 'square'], ['attn.hook_z', 'heads'], ...post('ln1_post'), ['hook_attn_out', 'model'],
    ...(parallel ? [] : [['hook_resid_mid', 'model'] as [string, Axes]]), ...norm('ln2'),
    ['mlp.hook_pre', 'mlp'], ...linear, ['mlp.hook_post', 'mlp'], ...post('ln2_post'), ['hook_mlp_out', 'model'],
    ['hook_resid_post', 'model'],
  ];
}

/** The hooks of a layer of another kind in the place of those of an MLP; each holds so many numbers a token. */
function withLayerHooks(block: readonly [string, Axes][], own: ModelConfig['own']): readonly [string, Axes][] {
  if (own === undefined) return block;
  const first = block.findIndex(([name]) => name.startsWith('mlp.'));
  const others = block.filter(([name]) => !name.startsWith('mlp.'));
  return [...others.slice(0, first), ...own.hooks.map(([name, width]): [string, Axes] => [name, width]), ...others.slice(first)];
}

/** Hook names, in the order of the forward pass, and what each holds. */
export class HookTable {
  readonly names: readonly string[];
  readonly #axes: ReadonlyMap<string, Axes>;
  readonly #config: ModelConfig;

  constructor(config: ModelConfig, architecture: Architecture) {
    const embeds: [string, Axes][] = architecture.positions === 'learned' ? [['hook_embed', 'model'], ['hook_pos_embed', 'model']] : [['hook_embed', 'model']];
    const block = withLayerHooks(blockHooks(architecture, config.parallel), config.own);
    const blocks = Array.from({ length: config.layers }, (_, layer) => block.map(([name, axes]): [string, Axes] => [`blocks.${layer}.${name}`, axes]));
    this.#axes = new Map([...embeds, ...blocks.flat(), ...norm('ln_final')]);
    this.#config = config;
    this.names = [...this.#axes.keys()];
  }

  #axesOf(name: string): Axes {
    const axes = this.#axes.get(name);
    if (axes !== undefined) return axes;
    const near = nearestName(name, this.names);
    const hint = near === undefined ? ` Hooks look like blocks.${Math.min(9, this.#config.layers - 1)}.hook_resid_post.` : ` The nearest is ${near}.`;
    throw new LoupeError('not-found', `${this.#config.name} has no hook ${JSON.stringify(name)}.${hint}`);
  }

  /** Kind not-found, with the nearest name, for a name that is not a hook. */
  check(name: string): void {
    this.#axesOf(name);
  }

  /** Shape of the value, [batch, length, ...]; q, k, v and z are [batch, length, heads, dHead], patterns [batch, heads, length, past + length]. */
  shape(name: string, batch: number, length: number, past = 0): number[] {
    const { dModel, heads, kvHeads, dHead, dMlp } = this.#config;
    const axes = this.#axesOf(name);
    if (typeof axes === 'number') return [batch, length, axes];
    switch (axes) {
      case 'model': return [batch, length, dModel];
      case 'scale': return [batch, length, 1];
      case 'heads': return [batch, length, heads, dHead];
      case 'kvHeads': return [batch, length, kvHeads, dHead];
      case 'headScales': return [batch, length, heads, 1];
      case 'kvHeadScales': return [batch, length, kvHeads, 1];
      case 'square': return [batch, heads, length, past + length];
      case 'mlp': return [batch, length, dMlp];
    }
  }

  /** Numbers a token, or null for attention scores and patterns, whose last axis is the length of the context. */
  width(name: string): number | null {
    if (this.#axesOf(name) === 'square') return null;
    return this.shape(name, 1, 1).reduce((a, b) => a * b, 1);
  }
}
