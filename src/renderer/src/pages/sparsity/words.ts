/** What each figure of the page means: one text each, shown on hover. */
export const meanings = {
  share: 'Share of units that fire on a token, mean over tokens (The Lazy Neuron Phenomenon, Li et al. 2022, arXiv 2210.06313); lower is sparser. Thin rods: 5th to 95th percentile over tokens, thick ones: 25th to 75th. A click or J and K choose a layer.',
  ofLive: 'The same over units that fire at least once: units that never fire lower the share without any sparsity that depends on the token.',
  l0: 'Units that fire on a token, at the 5th percentile, the median and the 95th over tokens; behind the gates in a mixture of experts.',
  never: 'Units that fired on no token of the study. Another text may wake them.',
  always: 'Units that fired on every token of the study.',
  density: 'Units of the chosen layer by the share of tokens that each fires on, in bins equal in log10. Units that never fire stand in no bin. A click on a bar lists its units below.',
  perToken: 'Tokens by how many units of the chosen layer fire on them: bars of this study, outlines of the others.',
  reliability: 'Accuracy of the most likely next token over its confidence, in 15 bins of confidence (Guo et al. 2017, arXiv 1706.04599); on the diagonal the model knows what it knows. Solid: the model as it is, dashed and dotted: all layers cut to k units, without noise.',
  topk: 'Only the k largest units (by magnitude) of each token stay, the others are 0; the rest of the model is as it was. Solid: all layers cut. Dashed: the chosen layer alone. Dotted: no cut. k = 0 is the layer zeroed.',
  embedding: "Gaussian noise on token embeddings; 1 is the root mean square of their entries. Solid: the model as it is; dashed and dotted: all layers cut to k units. The same noise for each line.",
  substitution: 'A share of the input tokens is drawn anew from the whole vocabulary; what is to be predicted stays. Solid: the model as it is; dashed and dotted: all layers cut to k units.',
  ece: 'Expected calibration error (Guo et al. 2017, arXiv 1706.04599): |accuracy - confidence| in 15 bins of confidence, weighted by their tokens. 0 is calibrated.',
  coding: 'Coding rates of the tokens of a context, scaled to norm 1 (Yu et al. 2023, arXiv 2306.01129). Solid: Rc, within the subspaces of the block. Dashed: R, of the tokens as they are. Each block: before attention, behind it, behind the ISTA step; Rc jumps between blocks, as each has subspaces of its own.',
  scatter: "Each point a token and an expert: the router's score, and how many of the expert's units really fire when it is run (MoE-X, Yang et al. 2025, arXiv 2503.07639). A falling cloud: the router predicts sparsity.",
  agreement: "Correlation of the router's score with the true number of units that fire, over (token, expert) pairs. −1: the router always knows; 0: it knows nothing. Solid: Spearman, dashed: Pearson.",
  load: 'Share of tokens that go to each expert of the chosen layer; an expert that gets none, or none of whose units fires, is dead.',
} as const;
