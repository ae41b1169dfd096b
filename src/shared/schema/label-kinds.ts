/** Who makes labels: a person, a rule over statistics, a language model. */
export const labelKinds = ['manual', 'rule', 'model'] as const;
export type LabelKind = (typeof labelKinds)[number];
