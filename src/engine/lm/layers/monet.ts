/** Monet as layers: s * s experts out of 2 s halves, in its horizontal and its vertical decomposition (Park et al. 2024, arXiv 2412.04139). */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import * as tf from '@tensorflow/tfjs-core';
import { defineLayer } from './definition.ts';
import type { LayerPass, LayerPreset, LayerResult, ModelSize, Specs, Weights } from './definition.ts';
import { monetExperts } from './monet/experts.ts';
import { canFuseMonet, expectFusedMonet, fusedHd, fusedVd } from './monet/fused.ts';
import { updateRunning } from './monet/gates.ts';
import { applyHd } from './monet/hd.ts';
import type { HdWeights } from './monet/hd.ts';
import { measureGates } from './monet/losses.ts';
import { explicitPairs, factoredPairs, pairMatrix } from './monet/pairs.ts';
import type { Gates, PairWeights } from './monet/pairs.ts';
import type { MonetShape } from './monet/parameters.ts';
import { expertParameters, routerParameters } from './monet/parameters.ts';
import { routeMonet, routerLayer } from './monet/router.ts';
import type { MonetRouting, RouterStatistics, RouterWeights } from './monet/router.ts';
import { halvesProblem, hdSpecs, routerSpecs, statisticsSpecs, subExperts, vdSpecs } from './monet/specs.ts';
import { applyVd } from './monet/vd.ts';
import type { VdWeights } from './monet/vd.ts';
import { prefixed, unprefixed } from './prefixed.ts';

const config = z.strictObject({
  experts: z.int().min(1).max(1 << 22).default(1024).describe('Experts of a layer, a square s * s of 2 s halves').meta({ unit: 'experts' }),
  width: z.int().min(1).max(4096).default(8).describe('Hidden units of an expert').meta({ unit: 'units' }),
  heads: z.int().min(1).max(256).default(2).describe('Routing heads, each with pairs of its own').meta({ unit: 'heads' }),
  active: z.number().min(0.01).max(4096).default(4).describe('Halves that a head keeps on average, of s').meta({ unit: 'halves' }),
  group: z.int().min(1).max(1024).default(2).describe('Layers that share a router').meta({ unit: 'layers' }),
  auxiliary: z.number().min(0).max(1000).default(1e-3).describe('Weight of the uniformity and the ambiguity loss').meta({ unit: '1' }),
});

type MonetConfig = z.infer<typeof config>;

function isSquare(experts: number): boolean {
  return Math.round(Math.sqrt(experts)) ** 2 === experts;
}

function shapeOf({ experts, width }: MonetConfig, { dModel }: ModelSize): MonetShape {
  return { s: subExperts(experts), m: width, dModel };
}

function problem({ experts, active }: MonetConfig): string | null {
  if (!isSquare(experts)) return `experts is ${experts}: they are pairs of s halves, so choose a square, like ${Math.round(Math.sqrt(experts)) ** 2}`;
  return active <= Math.sqrt(experts) ? null : `active is ${active}, there are ${Math.sqrt(experts)} halves: choose active <= ${Math.sqrt(experts)}`;
}

function statisticsOf(weights: Weights): RouterStatistics {
  const of = (name: string): Tensor1D => weights[`mlp.router.${name}`] as Tensor1D;
  return { first: { mean: of('mean1'), variance: of('variance1') }, second: { mean: of('mean2'), variance: of('variance2') } };
}

/** The router's own step in the first layer of a group: gates, and new running statistics while training. */
function route(x: Tensor2D, weights: Weights, own: MonetConfig, pass: LayerPass): MonetRouting {
  const running = statisticsOf(weights);
  const routing = routeMonet(x, unprefixed('mlp.router.', weights) as unknown as RouterWeights, own, pass.training ? null : running);
  if (pass.training) {
    const count = x.shape[0] * subExperts(own.experts);
    for (const [half, number] of [['first', 1], ['second', 2]] as const) {
      const { mean, variance } = updateRunning(running[half], routing.batch[half], count);
      pass.update(`mlp.router.mean${number}`, mean);
      pass.update(`mlp.router.variance${number}`, variance);
    }
  }
  pass.share('monet.gates1', routing.gates1);
  pass.share('monet.gates2', routing.gates2);
  return routing;
}

/** Both halves through their hooks, heads side by side; later blocks of the group get what was there before. */
function hooked({ gates1, gates2 }: Gates, pass: LayerPass): Gates {
  const through = (gates: Tensor3D, name: string): Tensor3D => {
    if (!pass.touches(name)) return gates;
    const [tokens, heads, s] = gates.shape;
    return tf.reshape(pass.at(name, tf.reshape(gates, [tokens, heads * s])), [tokens, heads, s]);
  };
  return { gates1: through(gates1, 'mlp.hook_gates1'), gates2: through(gates2, 'mlp.hook_gates2') };
}

/** C as the hook's value where somebody looks at it, else by halves. */
function pairsOf(gates: Gates, pass: LayerPass): PairWeights {
  const [tokens, , s] = gates.gates1.shape;
  const keep = pass.keep === null ? null : tf.reshape(pass.keep, [s, s]) as Tensor2D;
  if (!pass.touches('mlp.hook_post')) return factoredPairs(gates, keep);
  const all = pairMatrix(gates);
  const c = pass.at('mlp.hook_post', tf.reshape(keep === null ? all : tf.mul(all, keep), [tokens, s * s]));
  return explicitPairs(tf.reshape(c, [tokens, s, s]));
}

/** Whether the layer may go from the gates to its output in one kernel: nobody looks at what lies between or puts something there, and no expert is purged. */
function canFuse(pass: LayerPass): boolean {
  return canFuseMonet() && pass.keep === null && !['mlp.hook_gates1', 'mlp.hook_gates2', 'mlp.hook_post'].some((name) => pass.touches(name));
}

/**
 * What a step holds of a token: the kernels four copies of both halves' gates and logits (262,144 experts beside 1,024, d 256, 4 layers, 2,048 tokens: 376 MiB more,
 * of which 143 are weights and moments, so 7,500 numbers a token and layer for 1,920 more gates of both halves), and codes of what is in use; the twins all hidden units ten times.
 */
function held({ heads, active, width, experts }: MonetConfig): number {
  const s = subExperts(experts);
  const gates = 4 * 2 * heads * s;
  return gates + (expectFusedMonet() ? 2 * Math.min(s, heads * active) * (width + 1) : 10 * s * width);
}

interface Decomposition {
  readonly id: string;
  readonly title: string;
  specs(shape: MonetShape): Specs;
  apply(x: Tensor2D, weights: Weights, pairs: PairWeights): Tensor2D;
  /** `apply` as a kernel, of pairs by their gates. */
  fused(x: Tensor2D, weights: Weights, gates: Gates): Tensor2D;
  problem(shape: MonetShape): string | null;
}

/** The published models, with 32,000 tokens and untied embeddings. */
function published(layers: number, dModel: number, heads: number, width: number, routingHeads: number): LayerPreset<MonetConfig> {
  return {
    size: { layers, dModel, heads, context: 2048, vocab: 32_000 },
    layer: { experts: 262_144, width, heads: routingHeads, active: 32, group: 4 },
    tiedEmbeddings: false,
  };
}

function monet({ id, title, specs, apply, fused, problem: ownProblem }: Decomposition) {
  return defineLayer({
    id,
    title,
    paper: 'Park et al. 2024, arXiv 2412.04139',
    config,
    problem: (own, size) => problem(own) ?? ownProblem(shapeOf(own, size)),
    parameters(own, size, layer) {
      const shape = shapeOf(own, size);
      const router = routerLayer(layer, own.group) === layer ? prefixed('router.', { ...routerSpecs(shape.s, own.heads, size.dModel), ...statisticsSpecs(own.heads) }) : {};
      return prefixed('mlp.', { ...router, ...specs(shape) });
    },
    forward(x, weights, own, pass): LayerResult {
      const from = routerLayer(pass.layer, own.group);
      const routing = from === pass.layer ? route(x, weights, own, pass) : null;
      const shared = (half: 1 | 2): Tensor3D => pass.shared(`monet.gates${half}`, from) as Tensor3D;
      const gates: Gates = routing ?? { gates1: shared(1), gates2: shared(2) };
      const mine = unprefixed('mlp.', weights);
      const y = canFuse(pass) ? fused(x, mine, gates) : apply(x, mine, pairsOf(hooked(gates, pass), pass));
      if (routing === null) return { y, losses: {} };
      const { uniformity, ambiguity, active } = measureGates(gates);
      return { y, losses: { uniformity, ambiguity }, figures: { active } };
    },
    lossWeights: ({ auxiliary }) => ({ uniformity: auxiliary, ambiguity: auxiliary }),
    presets: { 'paper-850m': published(24, 1536, 12, 12, 6), 'paper-1.4b': published(24, 2048, 16, 16, 8), 'paper-4.1b': published(32, 3072, 24, 24, 12) },
    units: ({ experts }) => experts,
    unitNames: ({ experts }) => ({ pattern: 'expert ({i}, {j})', width: subExperts(experts) }),
    writes: () => 'What an expert of Monet adds depends on its input as well as on its weight, so that it has no single direction.',
    hooks: ({ experts, heads }) => [1, 2].map((half) => [`mlp.hook_gates${half}`, heads * subExperts(experts)] as const),
    experts: monetExperts,
    held,
    sharesFrom: (own, layer) => routerLayer(layer, own.group),
    // every half is computed for every token
    active: (own, size, layer) => expertParameters(shapeOf(own, size)) + (routerLayer(layer, own.group) === layer ? routerParameters(subExperts(own.experts), own.heads, size.dModel) : 0),
  });
}

export const monetHd = monet({
  id: 'monet-hd', title: 'Monet, horizontal', specs: hdSpecs, problem: () => null,
  apply: (x, weights, pairs) => applyHd(x, weights as unknown as HdWeights, pairs),
  fused: (x, weights, gates) => fusedHd(x, weights as unknown as HdWeights, gates),
});

export const monetVd = monet({
  id: 'monet-vd', title: 'Monet, vertical', specs: vdSpecs, problem: halvesProblem,
  apply: (x, weights, pairs) => applyVd(x, weights as unknown as VdWeights, pairs),
  fused: (x, weights, gates) => fusedVd(x, weights as unknown as VdWeights, gates),
});
