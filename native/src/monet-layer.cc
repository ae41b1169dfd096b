// A Monet layer over the sub-experts that the gates let through, and its gradient (monet-layer.h).
#include "monet-layer.h"

#include <cstring>

namespace loupe {
namespace {

using Floats = std::vector<float>;

// Pointers to rows [count, width] that lie one behind the other.
template <typename T>
void AddRows(T* from, int64_t count, int64_t width, std::vector<T*>* rows) {
  for (int64_t r = 0; r < count; r++) rows->push_back(from + r * width);
}

// The rows of weights that sub-expert i is decoded by.
std::vector<const float*> RowsOf(const MonetHalf& half, int64_t i) {
  std::vector<const float*> rows;
  rows.reserve(half.factors());
  if (half.own != nullptr) AddRows(half.own + i * half.own_rows * half.width, half.own_rows, half.width, &rows);
  AddRows(half.mix + i * half.mix_rows * half.width, half.mix_rows, half.width, &rows);
  rows.push_back(half.bias + i * half.width);
  return rows;
}

// Where the rows [tokens, d] of a sub-expert's uses begin, from column `column` on.
template <typename T>
void RowsOfTokens(const UsesOfBlock& block, int64_t i, T* from, int64_t d, int64_t column, std::vector<T*>* rows) {
  rows->clear();
  for (int32_t u = block.expert_first[i]; u < block.expert_first[i + 1]; u++) rows->push_back(from + (block.begin + block.token[u]) * d + column);
}

}  // namespace

void MonetLayer::Find(tensorflow::OpKernelContext* ctx, const tensorflow::Tensor& gates1, const tensorflow::Tensor& gates2) {
  half[0].gates = gates1.flat<float>().data();
  half[1].gates = gates2.flat<float>().data();
  half[0].uses = FindUses(ctx, gates1);
  half[1].uses = FindUses(ctx, gates2);
}

void MonetLayer::Encode(const MonetHalf& half, const UsesOfBlock& block, float* codes) const {
  const MonetKernels& kernels = BestMonetKernels();
  std::vector<const float*> inputs, rows;
  for (int64_t i = 0; i < s; i++) {
    RowsOfTokens(block, i, x, d, 0, &inputs);
    if (inputs.empty()) continue;
    rows.clear();
    AddRows(half.u + i * half.codes * d, half.codes, d, &rows);
    float* to = codes + block.expert_first[i] * half.codes;
    kernels.dots(inputs.data(), static_cast<int>(inputs.size()), rows.data(), static_cast<int>(half.codes), static_cast<int>(d), to, half.codes);
    const float* bias = half.u_bias + i * half.codes;
    for (size_t u = 0; u < inputs.size(); u++, to += half.codes) {
      for (int64_t c = 0; c < half.codes; c++) {
        const float pre = to[c] + bias[c];
        to[c] = pre < 0 ? 0 : pre;  // what is not a number stays so
      }
    }
  }
}

// sums [heads, codes + 1]
void MonetLayer::SumsOfToken(const MonetHalf& half, const UsesOfBlock& block, int32_t t, const float* codes, float* sums) const {
  const int64_t width = half.sums();
  std::memset(sums, 0, sizeof(float) * heads * width);
  const float* gates = half.gates + (block.begin + t) * heads * s;
  for (int32_t u = block.first[t]; u < block.first[t + 1]; u++) {
    const float* own = codes + block.number[u] * half.codes;
    for (int64_t h = 0; h < heads; h++) {
      const float g = gates[h * s + block.expert[u]];
      if (g == 0) continue;
      float* sum = sums + h * width;
      for (int64_t c = 0; c < half.codes; c++) sum[c] += g * own[c] * own[c];
      sum[half.codes] += g;
    }
  }
}

// gates: those of one token and sub-expert, s apart.
void MonetLayer::FactorsOfUse(const MonetHalf& half, const float* gates, const float* codes, const float* other_sums, float* factors) const {
  const int64_t width = half.mix_rows + 1;
  float* mix = factors + half.own_rows;
  std::memset(mix, 0, sizeof(float) * width);
  for (int64_t h = 0; h < heads; h++) {
    const float g = gates[h * s];
    if (g == 0) continue;
    for (int64_t c = 0; c < width; c++) mix[c] += g * other_sums[h * width + c];
  }
  for (int64_t c = 0; c < half.own_rows; c++) factors[c] = mix[half.mix_rows] * codes[c] * codes[c];
}

void MonetLayer::Decode(const MonetHalf& half, const UsesOfBlock& block, const float* factors, float* y) const {
  const MonetKernels& kernels = BestMonetKernels();
  const int64_t width = half.factors();
  for (int64_t t = block.begin; t < block.end; t++) std::memset(y + t * d + half.column, 0, sizeof(float) * half.width);
  std::vector<float*> outputs;
  for (int64_t i = 0; i < s; i++) {
    RowsOfTokens(block, i, y, d, half.column, &outputs);
    if (outputs.empty()) continue;
    const std::vector<const float*> rows = RowsOf(half, i);
    kernels.combine(outputs.data(), static_cast<int>(outputs.size()), rows.data(), static_cast<int>(width), factors + block.expert_first[i] * width, width, 1,
                    static_cast<int>(half.width));
  }
}

void MonetLayer::Forward(tensorflow::OpKernelContext* ctx, float* const codes[2], float* y) const {
  ForBlocks(ctx, static_cast<int64_t>(half[0].uses.blocks.size()), 1, [&](int64_t b, int64_t) {
    Floats sums[2], factors[2];
    float* own[2];
    for (int k = 0; k < 2; k++) {
      const UsesOfBlock& block = half[k].uses.blocks[b];
      own[k] = codes[k] + block.base * half[k].codes;
      if (half[k].codes > 0) Encode(half[k], block, own[k]);
      sums[k].resize(heads * half[k].sums());
      factors[k].resize(block.size() * half[k].factors());
    }
    const UsesOfBlock& any = half[0].uses.blocks[b];
    for (int32_t t = 0; t < any.end - any.begin; t++) {
      for (int k = 0; k < 2; k++) {
        if (half[1 - k].factors() > 0) SumsOfToken(half[k], half[k].uses.blocks[b], t, own[k], sums[k].data());
      }
      for (int k = 0; k < 2; k++) {
        const MonetHalf& decoded = half[k];
        if (decoded.factors() == 0) continue;
        const UsesOfBlock& block = decoded.uses.blocks[b];
        for (int32_t u = block.first[t]; u < block.first[t + 1]; u++) {
          FactorsOfUse(decoded, decoded.gates + (block.begin + t) * heads * s + block.expert[u], own[k] + block.number[u] * decoded.codes, sums[1 - k].data(),
                       factors[k].data() + block.number[u] * decoded.factors());
        }
      }
    }
    for (int k = 0; k < 2; k++) {
      if (half[k].factors() > 0) Decode(half[k], half[k].uses.blocks[b], factors[k].data(), y);
    }
  });
}

// out [uses, factors]: dy along each row of weights.
void MonetLayer::FactorGradients(const MonetHalf& half, const UsesOfBlock& block, const float* dy, float* out) const {
  const MonetKernels& kernels = BestMonetKernels();
  const int64_t width = half.factors();
  std::vector<const float*> slopes;
  for (int64_t i = 0; i < s; i++) {
    RowsOfTokens(block, i, dy, d, half.column, &slopes);
    if (slopes.empty()) continue;
    const std::vector<const float*> rows = RowsOf(half, i);
    kernels.dots(slopes.data(), static_cast<int>(slopes.size()), rows.data(), static_cast<int>(width), static_cast<int>(half.width), out + block.expert_first[i] * width, width);
  }
}

// One token of a decoded half: its factors again, and the gradients of its gates, its codes (of the squares) and the other half's sums.
void MonetLayer::DecodedGradients(int k, int64_t b, int32_t t, const float* codes, const float* other_sums, float* factor_slopes, float* factors,
                                  float* code_slopes, float* other_slopes, float* gate_slopes) const {
  const MonetHalf& own = half[k];
  const UsesOfBlock& block = own.uses.blocks[b];
  const int64_t width = own.mix_rows + 1;
  for (int32_t u = block.first[t]; u < block.first[t + 1]; u++) {
    const int64_t at = (block.begin + t) * heads * s + block.expert[u], number = block.number[u];
    const float* code = codes + number * own.codes;
    float *factor = factors + number * own.factors(), *slope = factor_slopes + number * own.factors();
    FactorsOfUse(own, own.gates + at, code, other_sums, factor);
    float* mix_slopes = slope + own.own_rows;
    for (int64_t c = 0; c < own.own_rows; c++) {
      mix_slopes[own.mix_rows] += slope[c] * code[c] * code[c];
      code_slopes[number * own.codes + c] = slope[c] * factor[own.factors() - 1];
    }
    for (int64_t h = 0; h < heads; h++) {
      const float g = own.gates[at + h * s];
      if (g == 0) continue;
      float sum = 0;
      for (int64_t c = 0; c < width; c++) {
        sum += mix_slopes[c] * other_sums[h * width + c];
        other_slopes[h * width + c] += g * mix_slopes[c];
      }
      gate_slopes[at + h * s] += sum;
    }
  }
}

// One token of a half whose sums have the gradient `slopes` [heads, codes + 1]: what they add to its gates', and its codes' before the square.
void MonetLayer::SummedGradients(int k, int64_t b, int32_t t, const float* codes, const float* slopes, float* code_slopes, float* gate_slopes) const {
  const MonetHalf& own = half[k];
  const UsesOfBlock& block = own.uses.blocks[b];
  const int64_t width = own.sums();
  for (int32_t u = block.first[t]; u < block.first[t + 1]; u++) {
    const int64_t at = (block.begin + t) * heads * s + block.expert[u], from = block.number[u] * own.codes;
    for (int64_t h = 0; h < heads; h++) {
      const float g = own.gates[at + h * s];
      if (g == 0) continue;
      const float* slope = slopes + h * width;
      float sum = slope[own.codes];
      for (int64_t c = 0; c < own.codes; c++) {
        sum += slope[c] * codes[from + c] * codes[from + c];
        code_slopes[from + c] += g * slope[c];
      }
      gate_slopes[at + h * s] += sum;
    }
    for (int64_t c = 0; c < own.codes; c++) code_slopes[from + c] *= 2 * codes[from + c];
  }
}

void MonetLayer::BackwardOfBlock(int64_t b, const float* const codes[2], const float* dy, float* const factors[2], float* const code_slopes[2], float* dx,
                                 const MonetHalfGradient out[2]) const {
  const MonetKernels& kernels = BestMonetKernels();
  const UsesOfBlock& any = half[0].uses.blocks[b];
  Floats factor_slopes[2], sums[2], sum_slopes[2];
  const float* own[2];
  float *slopes[2], *factor[2];
  for (int k = 0; k < 2; k++) {
    const UsesOfBlock& block = half[k].uses.blocks[b];
    own[k] = codes[k] + block.base * half[k].codes;
    slopes[k] = code_slopes[k] + block.base * half[k].codes;
    factor[k] = factors[k] + block.base * half[k].factors();
    std::memset(slopes[k], 0, sizeof(float) * block.size() * half[k].codes);
    std::memset(out[k].gates + block.begin * heads * s, 0, sizeof(float) * (block.end - block.begin) * heads * s);
    factor_slopes[k].resize(block.size() * half[k].factors());
    sums[k].resize(heads * half[k].sums());
    sum_slopes[k].resize(heads * half[k].sums());
    if (half[k].factors() > 0) FactorGradients(half[k], block, dy, factor_slopes[k].data());
  }
  for (int32_t t = 0; t < any.end - any.begin; t++) {
    for (int k = 0; k < 2; k++) {
      if (half[1 - k].factors() == 0) continue;
      SumsOfToken(half[k], half[k].uses.blocks[b], t, own[k], sums[k].data());
      std::fill(sum_slopes[k].begin(), sum_slopes[k].end(), 0.0f);
    }
    for (int k = 0; k < 2; k++) {
      if (half[k].factors() > 0) DecodedGradients(k, b, t, own[k], sums[1 - k].data(), factor_slopes[k].data(), factor[k], slopes[k], sum_slopes[1 - k].data(), out[k].gates);
    }
    for (int k = 0; k < 2; k++) {
      if (half[1 - k].factors() > 0) SummedGradients(k, b, t, own[k], sum_slopes[k].data(), slopes[k], out[k].gates);
    }
  }
  std::memset(dx + any.begin * d, 0, sizeof(float) * (any.end - any.begin) * d);
  std::vector<float*> to;
  std::vector<const float*> rows;
  for (int k = 0; k < 2; k++) {
    const int64_t width = half[k].codes;
    for (int64_t i = 0; width > 0 && i < s; i++) {
      const UsesOfBlock& block = half[k].uses.blocks[b];
      RowsOfTokens(block, i, dx, d, 0, &to);
      rows.clear();
      AddRows(half[k].u + i * width * d, width, d, &rows);
      if (!to.empty()) kernels.combine(to.data(), static_cast<int>(to.size()), rows.data(), static_cast<int>(width), slopes[k] + block.expert_first[i] * width, width, 1, static_cast<int>(d));
    }
  }
}

// Of sub-expert i, whose uses are added up in order of the tokens.
void MonetLayer::WeightGradients(int k, int64_t i, const float* code_slopes, const float* factors, const float* dy, const MonetHalfGradient& out) const {
  const MonetKernels& kernels = BestMonetKernels();
  const MonetHalf& own = half[k];
  std::vector<float*> u_rows, rows;
  std::vector<const float*> from;
  AddRows(out.u + i * own.codes * d, own.codes, d, &u_rows);
  if (own.factors() > 0) {
    if (own.own != nullptr) AddRows(out.own + i * own.own_rows * own.width, own.own_rows, own.width, &rows);
    AddRows(out.mix + i * own.mix_rows * own.width, own.mix_rows, own.width, &rows);
    rows.push_back(out.bias + i * own.width);
  }
  for (float* row : u_rows) std::memset(row, 0, sizeof(float) * d);
  for (float* row : rows) std::memset(row, 0, sizeof(float) * own.width);
  float* u_bias = own.codes > 0 ? out.u_bias + i * own.codes : nullptr;
  std::fill_n(u_bias, own.codes, 0.0f);
  for (const UsesOfBlock& block : own.uses.blocks) {
    const int64_t first = block.base + block.expert_first[i], count = block.expert_first[i + 1] - block.expert_first[i];
    if (count == 0) continue;
    if (own.codes > 0) {
      const float* slopes = code_slopes + first * own.codes;
      RowsOfTokens(block, i, x, d, 0, &from);
      kernels.combine(u_rows.data(), static_cast<int>(own.codes), from.data(), static_cast<int>(count), slopes, 1, own.codes, static_cast<int>(d));
      for (int64_t u = 0; u < count; u++) {
        for (int64_t c = 0; c < own.codes; c++) u_bias[c] += slopes[u * own.codes + c];
      }
    }
    if (rows.empty()) continue;
    RowsOfTokens(block, i, dy, d, own.column, &from);
    kernels.combine(rows.data(), static_cast<int>(rows.size()), from.data(), static_cast<int>(count), factors + first * own.factors(), 1, own.factors(), static_cast<int>(own.width));
  }
}

void MonetLayer::Backward(tensorflow::OpKernelContext* ctx, const float* const codes[2], const float* dy, float* dx, const MonetHalfGradient out[2]) const {
  Floats kept[4];
  float *factors[2], *code_slopes[2];
  for (int k = 0; k < 2; k++) {
    kept[k].resize(half[k].uses.total * half[k].factors());
    kept[2 + k].resize(half[k].uses.total * half[k].codes);
    factors[k] = kept[k].data();
    code_slopes[k] = kept[2 + k].data();
  }
  ForBlocks(ctx, static_cast<int64_t>(half[0].uses.blocks.size()), 1, [&](int64_t b, int64_t) { BackwardOfBlock(b, codes, dy, factors, code_slopes, dx, out); });
  ForBlocks(ctx, 2 * s, 1, [&](int64_t task, int64_t) {
    const int k = static_cast<int>(task / s);
    WeightGradients(k, task % s, code_slopes[k], factors[k], dy, out[k]);
  });
}

}  // namespace loupe
