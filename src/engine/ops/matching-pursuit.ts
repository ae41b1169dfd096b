/**
 * Matching pursuit (Mallat & Zhang 1993; as an SAE's encoder: Costa et al. 2025, arXiv 2506.03093, section 3): at each step the atom
 * that correlates most with the residual is taken, with the correlation as its coefficient, and subtracted.
 *
 *     r_0 = x;  j = argmax (D r_{t-1});  c_t = r_{t-1} . d_j;  r_t = r_{t-1} - c_t d_j
 *
 * Atoms are expected at norm 1: then |r_t|^2 = |r_{t-1}|^2 - c_t^2. Ties go to the lower index. Which atoms are chosen is constant to
 * the gradient; it runs through every c_t and d_j (the loop is unrolled).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { OpAttrs } from '../backend/native-binding.ts';
import { rowBlock } from './sparse-codes.ts';
import { scatterCodes } from './top-k.ts';
import type { TopKCodes } from './top-k.ts';

/**
 * `rectified`: the largest positive correlation; a row without one stops (SAELens, the authors' toy code). `magnitude`: the largest
 * |correlation|, signed coefficients (the classical form, and ITDA's).
 */
export type PursuitRule = 'rectified' | 'magnitude';

export interface PursuitSettings {
  /** Steps at most; the same atom may be chosen twice. */
  readonly steps: number;
  /** A row stops after the step that brought its residual's norm below this; 0: never. One for all rows, or float32 [rows, 1]. */
  readonly tolerance: number | Tensor2D;
  readonly rule: PursuitRule;
  /** A row ends with the step that chooses an atom again (SAELens' `stop_on_duplicate_support`). Off where it is not given. */
  readonly untilRepeat?: boolean;
  /** Inner products of the atoms where they are known already, float32 [atoms, atoms]. */
  readonly gram?: Tensor2D;
}

/** What was chosen, in order. */
export type PursuitTrace = {
  /** float32 [rows, steps]; 0 once a row has stopped */
  readonly coefficients: Tensor2D;
  /** int32 [rows, steps]; 0 once a row has stopped */
  readonly atoms: Tensor2D;
  /** What is left, float32 [rows, d] */
  readonly residual: Tensor2D;
};

/** Up to here the Gram matrix of the atoms is made, and correlations are updated by its rows instead of by new products. */
const gramAtoms = 8192;
/** Correlations that are updated together: they stay in the cache from step to step. */
const blockEntries = 512 * 1024;

/**
 * The choices of each row, without gradient.
 *
 * @param x float32 [rows, d], centred
 * @param dictionary float32 [atoms, d], rows of norm 1
 * @throws LoupeError `not-finite` when a correlation is not a number; `bad-request` for no steps
 */
export function pursue(x: Tensor2D, dictionary: Tensor2D, settings: PursuitSettings): PursuitTrace {
  const { steps } = settings;
  if (!Number.isInteger(steps) || steps < 1) throw new LoupeError('bad-request', `steps is ${steps}: matching pursuit takes a whole number of steps, at least 1`);
  const native = hasNative('LoupePursue') && (settings.gram !== undefined || dictionary.shape[0] <= gramAtoms) && steps > 1;
  return native ? nativePursue(x, dictionary, settings) : stockPursue(x, dictionary, settings);
}

/** x float32 [rows, d]; correlations in blocks of rows, so that memory stays bounded. */
function nativePursue(x: Tensor2D, dictionary: Tensor2D, { steps, tolerance, rule, untilRepeat = false, gram: known }: PursuitSettings): PursuitTrace {
  const attrs = { steps: { int: steps }, magnitude: { bool: rule === 'magnitude' }, until_repeat: { bool: untilRepeat } };
  return tf.tidy(() => {
    const [rows, d] = x.shape;
    const gram = known ?? tf.matMul(dictionary, dictionary, false, true);
    const limits = typeof tolerance === 'number' ? tf.fill([rows], tolerance) : tf.reshape(tolerance, [rows]);
    const traces: PursuitTrace[] = [];
    for (let first = 0; first < rows; first += rowBlock(dictionary.shape[0])) {
      const count = Math.min(rowBlock(dictionary.shape[0]), rows - first);
      traces.push(tf.tidy(() => {
        const part = tf.slice(x, [first, 0], [count, d]) as Tensor2D;
        const correlations = tf.matMul(part, dictionary, false, true);
        const outputs = runPursue(attrs, [part, dictionary, gram, correlations, tf.slice(limits, [first], [count])]);
        return { coefficients: outputs[0] as Tensor2D, atoms: outputs[1] as Tensor2D, residual: outputs[2] as Tensor2D };
      }));
    }
    return joinTraces(traces);
  });
}

function runPursue(attrs: OpAttrs, inputs: readonly Tensor[]): Tensor[] {
  try {
    return executeNative('LoupePursue', attrs, inputs, 3);
  } catch (error) {
    throw String(error).includes('NOT_FINITE') ? notFinite() : error;
  }
}

function joinTraces(traces: readonly PursuitTrace[]): PursuitTrace {
  const join = (part: keyof PursuitTrace): Tensor2D => (traces.length === 1 ? traces[0]![part] : tf.concat(traces.map((trace) => trace[part]), 0));
  return { coefficients: join('coefficients'), atoms: join('atoms'), residual: join('residual') };
}

/** The same in stock ops; x float32 [rows, d], dictionary float32 [atoms, d]. */
export function stockPursue(x: Tensor2D, dictionary: Tensor2D, settings: PursuitSettings): PursuitTrace {
  return tf.tidy(() => {
    const [rows, d] = x.shape;
    const atoms = dictionary.shape[0];
    // the product with the atoms' Gram matrix pays where a row takes several steps
    const gram = settings.gram ?? (atoms <= gramAtoms && settings.steps > 1 && rows > 1 ? (tf.matMul(dictionary, dictionary, false, true) as Tensor2D) : null);
    const block = Math.max(1, Math.floor(blockEntries / atoms));
    const traces: PursuitTrace[] = [];
    for (let first = 0; first < rows; first += block) {
      const count = Math.min(block, rows - first);
      const { tolerance } = settings;
      const limit = typeof tolerance === 'number' ? tolerance : (tf.slice(tolerance, [first, 0], [count, 1]) as Tensor2D);
      traces.push(pursueBlock(tf.slice(x, [first, 0], [count, d]) as Tensor2D, dictionary, gram, { ...settings, tolerance: limit }));
    }
    return joinTraces(traces);
  });
}

/** x float32 [rows, d], gram float32 [atoms, atoms] or null */
function pursueBlock(x: Tensor2D, dictionary: Tensor2D, gram: Tensor2D | null, { steps, tolerance, rule, untilRepeat = false }: PursuitSettings): PursuitTrace {
  return tf.tidy(() => {
    const correlate = (residual: Tensor2D): Tensor2D => tf.matMul(residual, dictionary, false, true);
    let [residual, correlations] = [x.clone() as Tensor2D, correlate(x)];
    if (tf.sum(tf.mul(correlations, 0)).dataSync()[0] !== 0) throw notFinite();
    let active: Tensor2D = tf.ones([x.shape[0], 1]);
    const [coefficients, atoms]: [Tensor2D[], Tensor1D[]] = [[], []];
    for (let step = 0; step < steps; step++) {
      const chosen = strongest(correlations, rule);
      const rowsOf = tf.gather(dictionary, chosen);
      // from the residual itself: updated correlations drift by rounding
      const exact = tf.sum(tf.mul(residual, rowsOf), 1, true);
      const coefficient = tf.mul(rule === 'rectified' ? tf.relu(exact) : exact, active) as Tensor2D;
      residual = tf.sub(residual, tf.mul(coefficient, rowsOf));
      coefficients.push(coefficient);
      atoms.push(chosen);
      if (step === steps - 1) break;
      correlations = gram === null ? correlate(residual) : tf.sub(correlations, tf.mul(coefficient, tf.gather(gram, chosen)));
      const open = tf.logicalAnd(tf.greaterEqual(tf.norm(residual, 2, 1, true), tolerance), tf.notEqual(coefficient, 0));
      active = tf.mul(active, tf.cast(untilRepeat && step > 0 ? tf.logicalAnd(open, tf.logicalNot(chosenBefore(atoms))) : open, 'float32'));
    }
    const values = tf.concat(coefficients, 1) as Tensor2D;
    const used = tf.cast(tf.notEqual(values, 0), 'int32');
    return { coefficients: values, atoms: tf.mul(tf.stack(atoms, 1), used) as Tensor2D, residual };
  });
}

/** Where the last atom is among those before it, bool [rows, 1], from atoms int32 [rows] a step. */
function chosenBefore(atoms: readonly Tensor1D[]): Tensor2D {
  return tf.any(tf.equal(tf.stack(atoms.slice(0, -1), 1), tf.expandDims(atoms.at(-1)!, 1)), 1, true);
}

/** The chosen atom of each row, int32 [rows], from correlations float32 [rows, atoms]. */
function strongest(correlations: Tensor2D, rule: PursuitRule): Tensor1D {
  return tf.argMax(rule === 'magnitude' ? tf.abs(correlations) : correlations, 1);
}

function notFinite(): LoupeError {
  return new LoupeError('not-finite', 'a correlation with an atom is not a finite number: the activations or the dictionary are broken');
}

/**
 * Sparse codes float32 [rows, steps]: an atom that was chosen twice has one slot, with the sum; unused slots have value 0 and index 0.
 * Slots are in the order of the first choice. x float32 [rows, d], centred; dictionary float32 [atoms, d].
 */
export function matchingPursuit(x: Tensor2D, dictionary: Tensor2D, steps: number, tolerance: number, rule: PursuitRule = 'rectified'): TopKCodes {
  return tf.tidy(() => {
    const { coefficients, atoms } = pursue(x, dictionary, { steps, tolerance, rule });
    const values = coefficients.dataSync().slice() as Float32Array;
    const indices = atoms.dataSync().slice() as Int32Array;
    for (let row = 0; row < values.length; row += steps) joinRepeats(values, indices, row, row + steps);
    return { values: tf.tensor2d(values, [x.shape[0], steps]), indices: tf.tensor2d(indices, [x.shape[0], steps], 'int32') };
  });
}

/** Adds later choices of an atom to the first and clears them, within slots `from` to `to`. */
function joinRepeats(values: Float32Array, indices: Int32Array, from: number, to: number): void {
  for (let slot = from + 1; slot < to; slot++) {
    if (values[slot] === 0) continue;
    const first = indices.subarray(from, slot).findIndex((atom, i) => atom === indices[slot] && values[from + i] !== 0);
    if (first < 0) continue;
    values[from + first]! += values[slot]!;
    values[slot] = 0;
    indices[slot] = 0;
  }
}

/**
 * The dense form with its gradient, for autograd: latents float32 [rows, atoms] from x float32 [rows, d] and dictionary
 * float32 [atoms, d].
 */
export function matchingPursuitDense(x: Tensor2D, dictionary: Tensor2D, steps: number, tolerance: number, rule: PursuitRule = 'rectified', untilRepeat = false): Tensor2D {
  const settings = { steps, tolerance, rule, untilRepeat };
  return withPursuitGradient(x, dictionary, settings, (trace) => scatterTrace(trace, dictionary.shape[0]), (dLatents) => ({ dLatents, dResidual: null }));
}

/** What a training step needs: the residual r_T float32 [rows, d], with its gradient, and the latents float32 [rows, atoms], without. */
export function pursuitResidual(x: Tensor2D, dictionary: Tensor2D, settings: PursuitSettings): { readonly residual: Tensor2D; readonly latents: Tensor2D } {
  let kept: Tensor2D | undefined;
  const residual = withPursuitGradient(x, dictionary, settings, (trace) => {
    kept = tf.keep(scatterTrace(trace, dictionary.shape[0]));
    return trace.residual.clone();
  }, (dResidual) => ({ dLatents: null, dResidual }));
  const latents = kept!.clone();
  kept!.dispose();
  return { residual, latents };
}

/** Dense latents float32 [rows, atoms]; repeated choices add up. */
function scatterTrace({ coefficients, atoms }: PursuitTrace, count: number): Tensor2D {
  return scatterCodes({ values: coefficients, indices: atoms }, count);
}

/** What the loss says of the two results; null: nothing. */
export interface OutputGradients {
  /** float32 [rows, atoms] */
  readonly dLatents: Tensor2D | null;
  /** float32 [rows, d] */
  readonly dResidual: Tensor2D | null;
}

function withPursuitGradient(
  x: Tensor2D, dictionary: Tensor2D, settings: PursuitSettings, output: (trace: PursuitTrace) => Tensor2D, split: (dy: Tensor2D) => OutputGradients,
): Tensor2D {
  const forward = (
    input: Tensor2D, atomRows: Tensor2D, save: (tensors: Tensor[]) => void,
  ): { value: Tensor; gradFunc: (dy: Tensor2D, saved: Tensor[]) => Tensor[] } => {
    const trace = pursue(input, atomRows, settings);
    save([trace.coefficients, trace.atoms, trace.residual, atomRows]);
    const gradFunc = (dy: Tensor2D, [coefficients, atoms, residual, rowsOf]: Tensor[]): Tensor[] =>
      pursuitGradient({ coefficients, atoms, residual } as PursuitTrace, rowsOf as Tensor2D, split(dy));
    return { value: output(trace), gradFunc };
  };
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(x, dictionary) as Tensor2D;
}

/**
 * The unrolled loop backwards: gradients of x float32 [rows, d] and of the dictionary float32 [atoms, d]. The residuals of earlier
 * steps are r_{t-1} = r_t + c_t d_j, so none has to be stored.
 */
export function pursuitGradient(trace: PursuitTrace, dictionary: Tensor2D, gradients: OutputGradients): [Tensor2D, Tensor2D] {
  if (gradients.dLatents !== null || !hasNative('LoupePursuitGradient')) return stockPursuitGradient(trace, dictionary, gradients);
  const inputs = [trace.coefficients, trace.atoms, trace.residual, dictionary, gradients.dResidual!];
  return executeNative('LoupePursuitGradient', {}, inputs, 2) as [Tensor2D, Tensor2D];
}

/** The same in stock ops; trace of x float32 [rows, d]. */
export function stockPursuitGradient(trace: PursuitTrace, dictionary: Tensor2D, { dLatents, dResidual }: OutputGradients): [Tensor2D, Tensor2D] {
  return tf.tidy(() => {
    const [rows, steps] = trace.coefficients.shape;
    let residual = trace.residual;
    let dR: Tensor2D = dResidual ?? tf.zerosLike(residual);
    let dDictionary: Tensor2D = tf.zerosLike(dictionary);
    for (let step = steps - 1; step >= 0; step--) {
      const chosen = tf.reshape(tf.slice(trace.atoms, [0, step], [rows, 1]), [rows]) as Tensor1D;
      const coefficient = tf.slice(trace.coefficients, [0, step], [rows, 1]);
      const rowsOf = tf.gather(dictionary, chosen);
      const before = tf.add(residual, tf.mul(coefficient, rowsOf)) as Tensor2D;
      const own = dLatents === null ? 0 : tf.expandDims(gatherEntries(dLatents, chosen), 1);
      const live = tf.cast(tf.notEqual(coefficient, 0), 'float32');
      const dC = tf.mul(tf.sub(own, tf.sum(tf.mul(dR, rowsOf), 1, true)), live);
      const dRows = tf.sub(tf.mul(dC, before), tf.mul(coefficient, dR)) as Tensor2D;
      dDictionary = tf.add(dDictionary, tf.scatterND(tf.expandDims(chosen, 1), dRows, dictionary.shape));
      dR = tf.add(dR, tf.mul(dC, rowsOf));
      residual = before;
    }
    return [dR, dDictionary];
  });
}

/** table[row, at[row]], float32 [rows], from table float32 [rows, width]. */
function gatherEntries(table: Tensor2D, at: Tensor1D): Tensor1D {
  const [rows, width] = table.shape;
  const flat = tf.add(at, tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(width, 'int32')));
  return tf.gather(tf.reshape(table, [-1]), tf.cast(flat, 'int32') as Tensor1D);
}
