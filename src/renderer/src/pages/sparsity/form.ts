/** The form of a study as the job's config. Pure. */

export interface StudyForm {
  data: string;
  tokens: number;
  curveTokens: number;
  /** Numbers with commas between them; empty: as usual. */
  topk: string;
  eachLayer: boolean;
  noise: boolean;
  untrained: boolean;
  seed: number;
}

/** The family of models that Loupe trained, as `models.inspect` names it. */
export const ownFamily = 'loupe';

/** "0, 8, 64" -> [0, 8, 64]; null for nothing, undefined for what is no list of whole numbers. */
export function numberList(text: string): number[] | null | undefined {
  if (text.trim() === '') return null;
  const words = text.split(',').map((word) => word.trim());
  return words.every((word) => /^\d{1,9}$/.test(word)) ? words.map(Number) : undefined;
}

export function studyConfig(model: string, { data, tokens, curveTokens, topk, eachLayer, noise, untrained, seed }: StudyForm): Record<string, unknown> {
  return {
    model, untrained, data: data.trim() === '' ? null : data.trim(), tokens, topk: numberList(topk) ?? null, topkTokens: curveTokens, eachLayer, noiseTokens: noise ? curveTokens : 0, seed,
  };
}
