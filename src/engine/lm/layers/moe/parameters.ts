/** Parameters of a mixture of experts and how they start. */
import type { ModelSize, Specs, Start } from '../definition.ts';
import { normal, outputStd, weightStd, zeros } from '../starts.ts';

export interface ExpertShape {
  readonly experts: number;
  /** Hidden units of one expert. */
  readonly width: number;
  readonly biases: boolean;
}

/** MoE-X's shift as a share of the encoders' standard deviation (our choice). */
export const moeXShift = 0.1;

/**
 * N(0, 0.02^2), and every expert's rows moved together by N(0, (shift 0.02)^2) a coordinate: without that all experts have the same column means but for
 * chance, and the sparsity-aware router cannot tell them apart. Shape [experts, width, dModel].
 */
export function shiftedNormal(shift: number): Start {
  return (random, shape) => {
    const [experts, width, dModel] = shape as [number, number, number];
    const values = random.normals(experts * width * dModel, weightStd);
    if (shift === 0) return values;
    const moved = random.normals(experts * dModel, shift * weightStd);
    return values.map((value, at) => value + moved[Math.floor(at / (width * dModel)) * dModel + (at % dModel)]!);
  };
}

/** wEnc, wDec [experts, width, dModel], a row a hidden unit; bEnc [experts, width]; bDec [dModel]. Decoders start smaller in deep models. */
export function expertSpecs({ experts, width, biases }: ExpertShape, { dModel, layers }: Pick<ModelSize, 'dModel' | 'layers'>, shift: number): Specs {
  const matrix = (start: Start) => ({ shape: [experts, width, dModel], start, decay: true });
  const bias = (shape: number[]) => ({ shape, start: zeros, decay: false });
  return {
    wEnc: matrix(shiftedNormal(shift)),
    ...(biases ? { bEnc: bias([experts, width]) } : {}),
    wDec: matrix(normal(outputStd(layers))),
    ...(biases ? { bDec: bias([dModel]) } : {}),
  };
}

/** wRouter [experts, dModel] of a linear router. */
export function linearRouterSpecs(experts: number, dModel: number): Specs {
  return { wRouter: { shape: [experts, dModel], start: normal(weightStd), decay: true } };
}
