/** The parameters of a model that Loupe trains: names, shapes and starts, how many there are, and the weights made of them. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../random.ts';
import type { DecoderWeights } from '../definition.ts';
import type { ParameterSpec, Specs, Weights } from '../layers/definition.ts';
import { normSpecs } from '../layers/pre-norm.ts';
import { normal, weightStd } from '../layers/starts.ts';
import type { OwnShape } from './config.ts';

/** Groups that `loupe lm params` lists. */
export type ParameterPart = 'embedding' | 'positions' | 'attention' | 'layer' | 'norms' | 'unembedding';

export interface NamedSpec extends ParameterSpec {
  readonly name: string;
  readonly part: ParameterPart;
  /** null outside blocks. */
  readonly block: number | null;
}

/** How many there are, by part; each is counted once. */
export type ParameterCount = Readonly<Record<ParameterPart | 'total', number>> & {
  /** Those that take part in computing a token, embeddings without the rows of other tokens left out. */
  readonly active: number;
};

/** Numbers in a tensor of the shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function named(specs: Specs, prefix: string, block: number | null, partOf: (name: string) => ParameterPart): NamedSpec[] {
  return Object.entries(specs).map(([name, spec]) => ({ ...spec, name: prefix + name, block, part: partOf(name) }));
}

/** The specs of block `layer`, by their names within it. */
function blockSpecs({ kind, form, layer: config, size }: OwnShape, layer: number): NamedSpec[] {
  const prefix = `blocks.${layer}.`;
  return [
    ...named(form.parameters(size), prefix, layer, (name) => (name.startsWith('ln') ? 'norms' : 'attention')),
    ...named(kind.parameters(config, size, layer), prefix, layer, () => 'layer'),
  ];
}

/** Every parameter, in the order of the forward pass. Buffers, which are not trained, are among them. */
export function modelSpecs(shape: OwnShape): NamedSpec[] {
  const { dModel, vocab, context, layers } = shape.size;
  const table = (rows: number): ParameterSpec => ({ shape: [rows, dModel], start: normal(weightStd), decay: true });
  return [
    { ...table(vocab), name: 'embed.weight', part: 'embedding', block: null },
    { ...table(context), name: 'positions.weight', part: 'positions', block: null },
    ...Array.from({ length: layers }, (_, layer) => blockSpecs(shape, layer)).flat(),
    ...named(normSpecs('ln_final', dModel), '', null, () => 'norms'),
    ...(shape.config.tiedEmbeddings ? [] : [{ ...table(vocab), name: 'unembed.weight', part: 'unembedding', block: null } as const]),
  ];
}

/** Counted from shapes: no weight is made, so that any size can be asked about. Buffers are not counted. */
export function countParameters(shape: OwnShape): ParameterCount {
  const parts = { embedding: 0, positions: 0, attention: 0, layer: 0, norms: 0, unembedding: 0 };
  for (const spec of modelSpecs(shape)) if (spec.trained !== false) parts[spec.part] += elementsOf(spec.shape);
  const total = Object.values(parts).reduce((a, b) => a + b, 0);
  const { kind, layer, size } = shape;
  const active = Array.from({ length: size.layers }, (_, block) => kind.active(layer, size, block)).reduce((a, b) => a + b, 0);
  return { ...parts, total, active: total - parts.layer + active };
}

/** The start values of a parameter, float32 [elements of its shape]; each has a stream of its own, so that adding one changes no other. */
export function startValues(spec: NamedSpec, seed: number): Float32Array {
  return spec.start(Random.from(seed, `weights:${spec.name}`), spec.shape);
}

/** The decoder's weights out of tensors, float32 [as each spec says]; `layers` blocks of them. `take` owns what it gives. */
export function assemble(shape: OwnShape, layers: number, take: (spec: NamedSpec) => Tensor): DecoderWeights {
  const taken = new Map<string, Tensor>();
  const blocks = Array.from({ length: layers }, (): Record<string, Tensor> => ({}));
  for (const spec of modelSpecs(shape)) {
    if (spec.block === null) taken.set(spec.name, take(spec));
    else if (spec.block < layers) blocks[spec.block]![spec.name.slice(`blocks.${spec.block}.`.length)] = take(spec);
  }
  const embedding = taken.get('embed.weight') as Tensor2D;
  return {
    embedding, positions: taken.get('positions.weight') as Tensor2D, blocks: [], ropeFactors: null,
    lnFinal: { weight: taken.get('ln_final.weight') as Tensor1D, bias: taken.get('ln_final.bias') as Tensor1D },
    unembedding: (taken.get('unembed.weight') as Tensor2D | undefined) ?? embedding,
    own: { kind: shape.kind, form: shape.form, config: shape.layer, size: shape.size, blocks: blocks as Weights[] },
  };
}
