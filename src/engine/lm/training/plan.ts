/** What a training run would be, told before it begins: the model's parameters, the memory and disk that it takes, and why it cannot be. */
import { LoupeError } from '../../../shared/errors.ts';
import type { LmPlan } from '../../../shared/schema/lm.ts';
import { parseConfig } from '../../config-issues.ts';
import { roomAt, type Room } from '../../train/budget.ts';
import type { OwnShape } from '../own/config.ts';
import { openOwnModel, valuesFrom } from '../own/opened.ts';
import { countParameters } from '../own/parameters.ts';
import { flopsPerToken, lmNeeds, refuseOverLmBudget, usable } from './budget.ts';
import { lmTrainConfigSchema, shapeFor, type LmTrainConfig } from './config.ts';
import { mostVocab, openData } from './text-source.ts';

/** The config of a run that need not say yet where it is written. */
function planned(fields: Readonly<Record<string, unknown>>): LmTrainConfig {
  const out = typeof fields['out'] === 'string' && fields['out'] !== '' ? fields['out'] : '.';
  return parseConfig(lmTrainConfigSchema, { ...fields, out }) as LmTrainConfig;
}

/** The model that the run would train; of one that begins with another's weights, with those in mind. */
function plannedShape(config: LmTrainConfig): OwnShape {
  if (config.from === null) return shapeFor(config, mostVocab(config.tokenizer));
  const first = openOwnModel(config.from);
  try {
    const shape = shapeFor(config, first.shape.config.vocab, first.shape.config);
    valuesFrom(first, shape);
    return shape;
  } finally {
    first.close();
  }
}

/** The message of a refusal, or null. Other errors go on. */
async function problemOf(check: () => unknown): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof LoupeError && error.kind !== 'defect') return error.message;
    throw error;
  }
}

/**
 * Counted from shapes: nothing is made, learned or read beyond the head of the corpus. `room` is what this machine has; the test gives its own.
 *
 * Kinds: bad-config and bad-request (a field, sizes that do not fit together), not-found (a tokenizer's folder, the model that it begins with), mismatch (that model is another).
 */
export async function planLm(fields: Readonly<Record<string, unknown>>, room?: Room): Promise<LmPlan> {
  const config = planned(fields);
  const shape = plannedShape(config);
  const { total, active, ...parts } = countParameters(shape);
  const needs = lmNeeds(shape, config.batch);
  const here = room ?? roomAt(config.out);
  const perStep = config.batch * config.accumulate * shape.size.context;
  return {
    arch: shape.kind.id, title: shape.kind.title, paper: shape.kind.paper,
    sizes: { ...shape.size }, tiedEmbeddings: shape.config.tiedEmbeddings, layer: shape.layer as Record<string, unknown>, units: shape.kind.units(shape.layer, shape.size),
    parameters: { total, active, parts },
    tokensPerStep: perStep, tokens: perStep * config.steps, flops: flopsPerToken(shape) * perStep * config.steps,
    memory: { needed: needs.memory, weights: needs.weights, step: needs.step, usable: Math.max(0, usable * here.memory) }, disk: { needed: needs.disk, free: here.disk },
    problem: await problemOf(() => refuseOverLmBudget(shape, config.batch, here)),
    dataProblem: await problemOf(() => openData(config.data)),
  };
}
