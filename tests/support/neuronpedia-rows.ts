/**
 * Rows as Neuronpedia publishes them: every field of its export with its type. `null` in a list of types means that the field may be null.
 * What is written must have these fields and no others; what is read may lack any that the import does not need.
 */
export type FieldType = 'text' | 'number' | 'whole' | 'flag' | 'texts' | 'numbers' | 'wholes' | 'rows' | 'null';

export const publishedFields: Readonly<Record<'features' | 'activations' | 'explanations' | 'scores', Readonly<Record<string, readonly FieldType[]>>>> = {
  features: {
    modelId: ['text'], layer: ['text'], index: ['text'], creatorId: ['text', 'null'], createdAt: ['text'], maxActApprox: ['number'], hasVector: ['flag'], vector: ['numbers'],
    vectorLabel: ['text', 'null'], vectorDefaultSteerStrength: ['number', 'null'], hookName: ['text', 'null'], topkCosSimIndices: ['wholes'], topkCosSimValues: ['numbers'],
    neuron_alignment_indices: ['wholes'], neuron_alignment_values: ['numbers'], neuron_alignment_l1: ['numbers'],
    correlated_neurons_indices: ['wholes'], correlated_neurons_pearson: ['numbers'], correlated_neurons_l1: ['numbers'],
    correlated_features_indices: ['wholes'], correlated_features_pearson: ['numbers'], correlated_features_l1: ['numbers'],
    neg_str: ['texts'], neg_values: ['numbers'], pos_str: ['texts'], pos_values: ['numbers'], frac_nonzero: ['number'],
    freq_hist_data_bar_heights: ['numbers'], freq_hist_data_bar_values: ['numbers'], logits_hist_data_bar_heights: ['numbers'], logits_hist_data_bar_values: ['numbers'],
    decoder_weights_dist: ['numbers'], sourceSetName: ['text', 'null'],
  },
  activations: {
    id: ['text'], tokens: ['texts'], index: ['text'], layer: ['text'], modelId: ['text'], maxValue: ['number'], maxValueTokenIndex: ['whole'], minValue: ['number'], values: ['numbers'],
    creatorId: ['text', 'null'], createdAt: ['text'], dataSource: ['text', 'null'], dataIndex: ['text', 'null'], dfaValues: ['numbers'], dfaTargetIndex: ['whole', 'null'], dfaMaxValue: ['number', 'null'],
    lossValues: ['numbers'], logitContributions: ['text', 'null'], binMin: ['number', 'null'], binMax: ['number', 'null'], binContains: ['number', 'null'], qualifyingTokenIndex: ['whole', 'null'],
    zIndices: ['rows', 'null'], zValues: ['numbers', 'null'],
  },
  explanations: {
    id: ['text'], modelId: ['text'], layer: ['text'], index: ['text'], description: ['text'], authorId: ['text'], embedding: ['numbers', 'null'], triggeredById: ['text', 'null'],
    typeName: ['text', 'null'], explanationModelName: ['text', 'null'], notes: ['text', 'null'], createdAt: ['text'], scores: ['rows'],
  },
  scores: { id: ['text'], value: ['number'], explanationScoreTypeName: ['text'], explanationScoreModelName: ['text'], jsonDetails: ['text'], createdAt: ['text'] },
};

const is: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  whole: (value) => Number.isSafeInteger(value),
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every(is.text),
  numbers: (value) => Array.isArray(value) && value.every(is.number),
  wholes: (value) => Array.isArray(value) && value.every(is.whole),
  rows: (value) => Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null),
  null: (value) => value === null,
};

/** What in `row` is not as published, field by field. */
export function fieldProblems(kind: keyof typeof publishedFields, row: Readonly<Record<string, unknown>>): string[] {
  const fields = publishedFields[kind];
  const wrong = Object.entries(fields).filter(([name, types]) => !types.some((type) => is[type](row[name]))).map(([name]) => `${kind}.${name}: ${JSON.stringify(row[name])}`);
  return [...wrong, ...Object.keys(row).filter((name) => !Object.hasOwn(fields, name)).map((name) => `${kind}.${name}: not a published field`)];
}

/** As a foreign tool writes it: twenty bins of equal width, a byte-order of fields of its own, several fields left out. */
export const foreignFeature = {
  index: 7, modelId: 'gpt2-small', layer: '10-res-jb', sourceSetName: 'res-jb', hookName: 'blocks.10.hook_resid_pre', maxActApprox: 10, frac_nonzero: 0.002,
  pos_str: [' up', ' over'], pos_values: [1.5, 1.25], neg_str: [' down', ' under'], neg_values: [-1.5, -1], topkCosSimIndices: [7, 3], topkCosSimValues: [1, 0.5],
  freq_hist_data_bar_values: Array.from({ length: 20 }, (_, i) => 0.25 + 0.5 * i), freq_hist_data_bar_heights: Array.from({ length: 20 }, (_, i) => (i < 10 ? 18 : 2)),
};

export const foreignActivations = [
  { index: '7', modelId: 'gpt2-small', layer: '10-res-jb', tokens: ['<|endoftext|>', ' look', ' up', '!'], values: [0, 0.5, 10, 0], maxValue: 10, maxValueTokenIndex: 2, minValue: 0, binMin: -1, binMax: -1, binContains: -1, qualifyingTokenIndex: 2 },
  { index: '7', modelId: 'gpt2-small', layer: '10-res-jb', tokens: [' turn', ' over'], values: [0, 3], binMin: 2, binMax: 4, binContains: 0.5, qualifyingTokenIndex: 1, dataIndex: '12' },
];

export const foreignExplanations = [
  { id: 'e1', index: '7', layer: '10-res-jb', modelId: 'gpt2-small', description: 'directions upwards', authorId: 'somebody', typeName: 'oai_token-act-pair', explanationModelName: 'gpt-4o-mini', createdAt: '2025-01-02T03:04:05' },
  { index: '7', layer: '10-res-jb', modelId: 'gpt2-small', description: 'up and over', authorId: 'ada', explanationModelName: null, createdAt: '2025-02-02T03:04:05', scores: [{ value: 0.75, explanationScoreTypeName: 'eleuther_fuzz', explanationScoreModelName: 'gpt', jsonDetails: '{}' }] },
];
