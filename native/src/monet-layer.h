// A Monet layer over the sub-experts that the gates let through, and its gradient; what both decompositions have in common.
//
// A layer is two halves. A half may have codes (hidden units of its sub-experts) and may be decoded. Of a token, with gates g [heads, s] of the
// half and the other's marked by ', the sums of a half are, head by head, (sum over i of g_i phi_i, sum over i of g_i); a decoded sub-expert i
// adds rows of weights with the factors (w phi_i, sum over heads of g_i sums'), w being the last of them and the factor of the bias row.
// Horizontal: the first half has codes, the second is decoded and has none. Vertical: both have both.
#pragma once

#include "monet-uses.h"

namespace loupe {

struct MonetHalf {
  const float* gates = nullptr;   // [tokens, heads, s]
  const float* u = nullptr;       // [s, codes, d], null without codes
  const float* u_bias = nullptr;  // [s, codes]
  int64_t codes = 0;
  const float* own = nullptr;   // [s, own_rows, width], rows of the half's own codes; null: none
  const float* mix = nullptr;   // [s, mix_rows, width], rows of the other half's codes
  const float* bias = nullptr;  // [s, width], null: the half is not decoded
  int64_t own_rows = 0, mix_rows = 0;
  int64_t column = 0, width = 0;  // where in y the half is written
  Uses uses;

  // Factors of a decoded sub-expert.
  int64_t factors() const { return bias == nullptr ? 0 : own_rows + mix_rows + 1; }
  int64_t sums() const { return codes + 1; }
};

struct MonetHalfGradient {
  float* gates = nullptr;
  float* u = nullptr;
  float* u_bias = nullptr;
  float* own = nullptr;
  float* mix = nullptr;
  float* bias = nullptr;
};

class MonetLayer {
 public:
  int64_t tokens = 0, heads = 0, s = 0, d = 0;
  const float* x = nullptr;  // [tokens, d]
  MonetHalf half[2];

  // Both halves' uses, from their gates.
  void Find(tensorflow::OpKernelContext* ctx, const tensorflow::Tensor& gates1, const tensorflow::Tensor& gates2);

  // codes[k] [uses, codes] of half k: max(0, U x + b), before the square; y [tokens, d].
  void Forward(tensorflow::OpKernelContext* ctx, float* const codes[2], float* y) const;

  // From Forward's codes and dy [tokens, d]: dx [tokens, d] and all that `out` names.
  void Backward(tensorflow::OpKernelContext* ctx, const float* const codes[2], const float* dy, float* dx, const MonetHalfGradient out[2]) const;

 private:
  void Encode(const MonetHalf& half, const UsesOfBlock& block, float* codes) const;
  void SumsOfToken(const MonetHalf& half, const UsesOfBlock& block, int32_t t, const float* codes, float* sums) const;
  void FactorsOfUse(const MonetHalf& half, const float* gates, const float* codes, const float* other_sums, float* factors) const;
  void Decode(const MonetHalf& half, const UsesOfBlock& block, const float* factors, float* y) const;
  void FactorGradients(const MonetHalf& half, const UsesOfBlock& block, const float* dy, float* out) const;
  void BackwardOfBlock(int64_t b, const float* const codes[2], const float* dy, float* const factors[2], float* const code_slopes[2], float* dx,
                       const MonetHalfGradient out[2]) const;
  void DecodedGradients(int k, int64_t b, int32_t t, const float* codes, const float* other_sums, float* factor_slopes, float* factors, float* code_slopes,
                        float* other_slopes, float* gate_slopes) const;
  void SummedGradients(int k, int64_t b, int32_t t, const float* codes, const float* slopes, float* code_slopes, float* gate_slopes) const;
  void WeightGradients(int k, int64_t i, const float* code_slopes, const float* factors, const float* dy, const MonetHalfGradient& out) const;
};

}  // namespace loupe
