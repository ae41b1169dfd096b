/** Monet on four grammars of disjoint tokens: train, find each grammar's experts, purge them, and look at the loss of each (models.md B-T6). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { expertsOfCorpus, purgeEffect, routingMass, specialisedExperts } from '../../src/engine/lm/layers/monet/attribution.ts';
import { ExpertSet } from '../../src/engine/lm/experts/expert-set.ts';
import { ExpertsOff } from '../../src/engine/lm/experts/experts-off.ts';
import { applyHd } from '../../src/engine/lm/layers/monet/hd.ts';
import type { HdWeights } from '../../src/engine/lm/layers/monet/hd.ts';
import { ambiguityLoss, uniformityLoss } from '../../src/engine/lm/layers/monet/losses.ts';
import { factoredPairs } from '../../src/engine/lm/layers/monet/pairs.ts';
import { routeMonet } from '../../src/engine/lm/layers/monet/router.ts';
import type { MonetRouting, RouterStatistics, RouterWeights } from '../../src/engine/lm/layers/monet/router.ts';
import { hdSpecs, routerSpecs, vdSpecs } from '../../src/engine/lm/layers/monet/specs.ts';
import { applyVd } from '../../src/engine/lm/layers/monet/vd.ts';
import type { VdWeights } from '../../src/engine/lm/layers/monet/vd.ts';
import { Random } from '../../src/engine/random.ts';
import { trainSmall } from './layer-training.ts';
import type { Named } from './layer-training.ts';
import { startWeights } from './layer-weights.ts';
import { ToyGrammar, embed, normalise, readoutLoss, toyDomains, toyVocabulary } from './toy-domains.ts';

const shape = { s: 16, m: 8, dModel: 32 };
const config = { heads: 2, active: 3 };

export interface ToyPurge {
  /** Loss of each grammar before, nats. */
  readonly before: number[];
  /** Experts of each grammar, of 256. */
  readonly experts: number[];
  /** Rise of the loss on the purged grammar, and mean rise elsewhere, nats. */
  readonly rises: number[];
  readonly elsewhere: number[];
  /** The same where as many experts are purged at random. */
  readonly randomRises: number[];
  readonly randomElsewhere: number[];
  /** Whether every grammar's rise is three times that elsewhere: the claim. */
  readonly holds: boolean;
}

function route(x: Tensor2D, w: Named, running: RouterStatistics | null): MonetRouting {
  return routeMonet(normalise(x), w as unknown as RouterWeights, config, running);
}

function output(kind: 'hd' | 'vd', x: Tensor2D, w: Named, routing: MonetRouting, off: ExpertSet | null): Tensor2D {
  const keep = off === null ? null : new ExpertsOff(new Map([[0, off]])).keep(0);
  const pairs = factoredPairs(routing, keep === null ? null : tf.tensor2d(keep, [shape.s, shape.s]));
  const read = normalise(x);
  // nothing goes past the layer: what is known of a grammar is in its experts
  return kind === 'hd' ? applyHd(read, w as unknown as HdWeights, pairs) : applyVd(read, w as unknown as VdWeights, pairs);
}

function randomExperts(count: number, random: Random): ExpertSet {
  return ExpertSet.of(shape.s ** 2, random.shuffle(Array.from({ length: shape.s ** 2 }, (_, pair) => pair)).slice(0, count));
}

export function purgeToyMonet(kind: 'hd' | 'vd', seed: number, steps: number): ToyPurge {
  const [random, grammar] = [Random.from(seed), new ToyGrammar(seed)];
  const start = startWeights({ ...routerSpecs(shape.s, config.heads, shape.dModel), ...(kind === 'hd' ? hdSpecs(shape) : vdSpecs(shape)) }, random);
  start['wE'] = tf.tensor2d(random.normals(toyVocabulary * shape.dModel, 0.1), [toyVocabulary, shape.dModel]);
  start['wU'] = tf.tensor2d(random.normals(shape.dModel * toyVocabulary, 0.1), [shape.dModel, toyVocabulary]);
  const { weights } = trainSmall(start, (w) => {
    const { tokens, targets } = grammar.mixed(64, random);
    const x = embed(w['wE'] as Tensor2D, tokens);
    const routing = route(x, w, null);
    const auxiliary = tf.mul(tf.add(uniformityLoss(routing), ambiguityLoss(routing)), 1e-3);
    return tf.add(readoutLoss(output(kind, x, w, routing, null), w['wU'] as Tensor2D, targets), auxiliary) as Scalar;
  }, { steps, lr: 3e-3 });
  const held = Array.from({ length: toyDomains }, (_, domain) => grammar.pairs(domain, 1024, Random.from(seed, `held ${domain}`)));
  let result: ToyPurge | undefined;
  tf.tidy(() => {
    const stream = (domain: number): Tensor2D => embed(weights['wE'] as Tensor2D, held[domain]!.tokens);
    const running = route(embed(weights['wE'] as Tensor2D, grammar.mixed(1024, random).tokens), weights, null).batch;
    const routings = held.map((_, domain) => route(stream(domain), weights, running));
    const losses = (off: ExpertSet | null): number[] => held.map(({ targets }, domain) => readoutLoss(output(kind, stream(domain), weights, routings[domain]!, off), weights['wU'] as Tensor2D, targets).dataSync()[0]!);
    const owners = specialisedExperts(routings.map((routing) => Float64Array.from(routingMass(routing).dataSync(), (mass) => mass / 1024)));
    const before = losses(null);
    const masks = held.map((_, domain) => expertsOfCorpus(owners, domain));
    const effects = masks.map((mask, domain) => purgeEffect(before, losses(mask), domain));
    const control = masks.map((mask, domain) => purgeEffect(before, losses(randomExperts(mask.size, random)), domain));
    const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e4) / 1e4);
    result = {
      before: rounded(before), experts: masks.map((mask) => mask.size),
      rises: rounded(effects.map(({ target }) => target)), elsewhere: rounded(effects.map(({ others }) => others)),
      randomRises: rounded(control.map(({ target }) => target)), randomElsewhere: rounded(control.map(({ others }) => others)),
      holds: effects.every(({ ratio }) => ratio >= 3),
    };
  });
  tf.dispose(weights);
  return result!;
}
