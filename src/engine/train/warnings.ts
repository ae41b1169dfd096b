/** What is wrong with a training, in words: what was seen, since when, and what to do. Each is said once, and again only after it was over. */

export type LoggedRow = Readonly<Record<string, number | undefined>>;

export interface Expected {
  readonly steps: number;
  readonly dSae: number;
  /** Latents a token that are asked for, or null. */
  readonly targetL0: number | null;
  readonly lr: number;
}

interface Seen {
  readonly step: number;
  readonly row: LoggedRow;
}

/** A rule looks at the history, the newest row last, and gives its words where it applies. */
type Rule = (history: readonly Seen[], expected: Expected) => string | null;

/** Logged rows that rules look back on. */
const memory = 1000;
/** Below this share a threshold has not moved. */
const still = 1e-6;
const thresholdSteps = 500;

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;

/** The rows of the last `steps` steps, or null where the history does not reach back so far. */
function recent(history: readonly Seen[], steps: number): readonly Seen[] | null {
  const now = history.at(-1)!.step;
  return history[0]!.step <= now - steps ? history.filter(({ step }) => step > now - steps) : null;
}

const rules: Readonly<Record<string, Rule>> = {
  stillThreshold: (history) => {
    const rows = recent(history, thresholdSteps);
    if (rows === null || !rows.every(({ row }) => row['thresholdMoved'] !== undefined && row['thresholdMoved'] <= still)) return null;
    const share = rows.at(-1)!.row['windowShare'];
    const why = share === undefined ? 'no gradient reaches it' : `${percent(share)} of the pre-activations lie in its window, so hardly any gradient reaches it`;
    return `the threshold has not moved for ${thresholdSteps} steps: ${why}. Raise the bandwidth, or start the threshold nearer to the activations.`;
  },
  tooManyDead: (history, { dSae, steps }) => {
    const { step, row } = history.at(-1)!;
    if (step < 0.3 * steps || (row['dead'] ?? 0) < 0.5) return null;
    const cause = (row['deadNever'] ?? 0) >= (row['deadStopped'] ?? 0) ? 'most never fired: the width is more than the data need, or the auxiliary loss is too weak' : 'most fired and stopped: lower lr or raise the auxiliary coefficient';
    return `${Math.round(row['dead']! * dSae).toLocaleString('en')} of ${dSae.toLocaleString('en')} latents (${percent(row['dead']!)}) are dead; ${cause}.`;
  },
  farFromTarget: (history, { targetL0, steps }) => {
    const { step, row } = history.at(-1)!;
    const l0 = row['l0'];
    if (targetL0 === null || l0 === undefined || step < 0.4 * steps || l0 > targetL0 / 2 && l0 < 2 * targetL0) return null;
    return `L0 is ${l0.toPrecision(3)} after ${percent(step / steps)} of the run, and ${targetL0} is asked for: ${l0 > targetL0 ? 'raise' : 'lower'} the sparsity coefficient, or train longer.`;
  },
  nothingFires: (history) => (history.length >= 3 && history.slice(-3).every(({ row }) => row['l0'] === 0)
    ? 'no latent fires on any token: lower the sparsity coefficient or the threshold\'s start, and look at the scale of the activations.' : null),
  lossRises: (history, { lr }) => {
    const losses = history.map(({ row }) => row['loss'] ?? Number.NaN);
    const least = losses.reduce((best, loss, i) => (loss < losses[best]! ? i : best), 0);
    const last = losses.slice(-5);
    if (history.length < 10 || !last.every((loss) => loss > 3 * losses[least]!)) return null;
    return `the loss is ${(last.at(-1)! / losses[least]!).toPrecision(2)} times what it was at step ${history[least]!.step}: lower lr (${lr}), or set clip to 1.`;
  },
  gradientGrows: (history) => {
    const norms = history.map(({ row }) => row['gradientNorm'] ?? 0);
    const middle = [...norms].sort((a, b) => a - b)[norms.length >> 1]!;
    if (history.length < 20 || middle === 0 || norms.at(-1)! < 100 * middle) return null;
    return `the gradient's norm is ${norms.at(-1)!.toPrecision(3)}, ${(norms.at(-1)! / middle).toPrecision(2)} times its median: set clip to 1, or look at this batch for activations of another size.`;
  },
  worseThanMean: (history, { steps }) => {
    const { step, row } = history.at(-1)!;
    return step >= 0.2 * steps && (row['fvu'] ?? 0) > 1 ? `FVU is ${row['fvu']!.toPrecision(3)}: the mean of the data would do better. Lower the sparsity coefficient or lr.` : null;
  },
  decoderDrifts: (history) => {
    const drift = history.at(-1)!.row['decoderDrift'];
    return drift !== undefined && drift > 1e-3 ? `a decoder row's norm is off 1 by ${drift.toPrecision(2)}: a latent's row is zero or not finite.` : null;
  },
};

export class Watch {
  readonly #expected: Expected;
  readonly #history: Seen[] = [];
  readonly #said = new Set<string>();

  constructor(expected: Expected) {
    this.#expected = expected;
  }

  /** Takes a logged row; gives the words of rules that begin to apply. */
  add(step: number, row: LoggedRow): string[] {
    this.#history.push({ step, row });
    if (this.#history.length > memory) this.#history.shift();
    const fresh: string[] = [];
    for (const [name, rule] of Object.entries(rules)) {
      const words = rule(this.#history, this.#expected);
      if (words === null) this.#said.delete(name);
      else if (!this.#said.has(name)) {
        this.#said.add(name);
        fresh.push(words);
      }
    }
    return fresh;
  }
}
