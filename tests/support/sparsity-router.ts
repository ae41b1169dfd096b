/** The sparsity-aware gates in float64, from the formulas alone: what autograd in float32 is compared with. */

/** The error function by its Taylor series (|x| < 3) and its continued fraction, to 1e-14. */
export function float64Erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 120; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = (n / 2) / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

export interface GateShape {
  readonly experts: number;
  readonly width: number;
  readonly dModel: number;
  readonly tokens: number;
  readonly k: number;
}

function score(wEnc: Float64Array, x: Float64Array, { width, dModel }: GateShape, expert: number, token: number): number {
  let [m, square] = [0, 0];
  for (let i = 0; i < dModel; i++) {
    const column = Array.from({ length: width }, (_, j) => wEnc[(expert * width + j) * dModel + i]!);
    const mean = column.reduce((sum, w) => sum + w, 0) / width;
    const variance = column.reduce((sum, w) => sum + (w - mean) ** 2, 0) / width;
    m += mean * x[token * dModel + i]!;
    square += variance * x[token * dModel + i]! ** 2;
  }
  return -float64Erf(m / (Math.SQRT2 * Math.sqrt(square) + 1e-6));
}

/** Gates [tokens, experts] of encoders [experts, width, dModel] without biases, at x [tokens, dModel]. */
export function float64Gates(wEnc: Float64Array, x: Float64Array, shape: GateShape): Float64Array {
  const gates = new Float64Array(shape.tokens * shape.experts);
  for (let token = 0; token < shape.tokens; token++) {
    const scores = Array.from({ length: shape.experts }, (_, expert) => score(wEnc, x, shape, expert, token));
    const chosen = scores.map((_, expert) => expert).sort((a, b) => scores[b]! - scores[a]!).slice(0, shape.k);
    const total = chosen.reduce((sum, expert) => sum + Math.exp(scores[expert]!), 0);
    for (const expert of chosen) gates[token * shape.experts + expert] = Math.exp(scores[expert]!) / total;
  }
  return gates;
}
