// Matrix products over gathered rows, and what stands between the two products of an expert, compiled once for each instruction set.
//
// All arrays are row-major float32. Nothing here allocates, throws or depends on the number of threads; the results of one
// instruction set are the same bit for bit from call to call.
#pragma once

#include <cstdint>

namespace loupe {

enum class Activation { kRelu, kGelu };

// Depth of a product that is added up in registers: a panel of it is half of a first-level cache of 32 KiB.
constexpr int64_t kDepth = 128;

// b(k, n), k < depth, n < width: b[row(k) * stride + n], or b[n * stride + k] where it lies across. row(k) is index[k], or k without an index.
struct PanelTask {
  const float* b;
  int64_t stride;
  const int32_t* index;
  bool across;
  int64_t depth, width;
  float* panels;  // PanelFloats(depth, width)
};

// c(i, n) (+)= sum over k < depth of a(i, k) b(k, n), i < rows, n < width.
struct ProductTask {
  // a(i, k) is a[row(i) * stride + k] * scale[i], or where it lies across a[row(k) * stride + i] * scale[k]; without a scale that is 1.
  const float* a;
  int64_t stride;
  const int32_t* index;
  const float* scale;
  bool across;
  const float* panels;
  float* c;
  int64_t c_stride;
  int64_t rows, depth, width;
  bool add;
  float* scratch;  // ScratchFloats(rows)
};

struct MoeKernels {
  const char* name;
  int64_t columns;  // of a panel: depths from a multiple k of kDepth on stand k * (width rounded up to it) floats behind the first

  void (*pack)(const PanelTask& task);
  void (*product)(const ProductTask& task);

  // pre += bias where there is one; act = activation(pre), which may be pre itself. Returns how many are not 0.
  int64_t (*activate)(Activation kind, const float* bias, int64_t n, float* pre, float* act);

  // g is the gradient of act(pre) before the gate; from `saved` (relu: act, gelu: pre) d = gate g act'(pre), act where it is not null.
  // Returns the sum of g act.
  float (*slopes)(Activation kind, const float* saved, const float* g, float gate, int64_t n, float* d, float* act);

  // to = the sum of `count` rows of n floats.
  void (*add_rows)(const float* const* rows, int count, int64_t n, float* to);

  // out = gelu(x); its gradient dx = dy gelu'(x).
  void (*gelu)(const float* x, int64_t n, float* out);
  void (*gelu_grad)(const float* x, const float* dy, int64_t n, float* dx);

  // LayerNorm of a row of d: out = (x - mean) / sqrt(variance + eps) * weight + bias; its mean and the inverse root are left in `moments`.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, int64_t d, float* out, float* moments);
  // Its gradient: dx of the row; dy normed is added to dweight and dy to dbias.
  void (*layer_norm_grad)(const float* x, const float* weight, const float* moments, const float* dy, int64_t d, float* dx, float* dweight, float* dbias);
};

// Columns of a panel and rows of a tile at most, whatever the instruction set.
constexpr int64_t kMostColumns = 32, kMostRows = 12;

constexpr int64_t PanelFloats(int64_t depth, int64_t width) { return depth * ((width + kMostColumns - 1) / kMostColumns * kMostColumns); }
constexpr int64_t ScratchFloats(int64_t rows) { return (rows + kMostRows) * kDepth + kMostRows * kMostColumns; }

extern const MoeKernels kBaselineMoeKernels;
#if defined(__x86_64__)
extern const MoeKernels kAvx2MoeKernels;
extern const MoeKernels kAvx512MoeKernels;
#endif

// The fastest that this processor runs; `LOUPE_ISA` (baseline, avx2) asks for less.
const MoeKernels& BestMoeKernels();

}  // namespace loupe
