// The arithmetic of Monet layers (Park et al. 2024, arXiv 2412.04139), compiled once for each instruction set.
//
// All arrays are row-major float32. Nothing here allocates, throws or depends on the number of threads; the results of one
// instruction set are the same bit for bit from call to call.
#pragma once

#include <cstdint>

namespace loupe {

struct MonetKernels {
  const char* name;

  // One row of adaptive gates: the softmax of those of z [s] with (z - mean) / scale >= min(threshold, the largest), else 0. All are NaN
  // where one of z is not finite.
  void (*gates)(const float* z, int s, float mean, float scale, float threshold, float* out);

  // Its gradient: out = gates * (slopes - gates . slopes)
  void (*gates_gradient)(const float* gates, const float* slopes, int s, float* out);

  // The columns of gates [heads, s] in which a head has something else than 0, ascending; `columns` has room for s + 16. Returns how many.
  int (*used)(const float* gates, int heads, int s, int32_t* columns);

  // out[a * stride + b] = x[a] . rows[b], for a < count, b < width; vectors of d floats.
  void (*dots)(const float* const* x, int count, const float* const* rows, int width, int d, float* out, int64_t stride);

  // y[a] += sum over b < sources of factors[a * by_target + b * by_source] x[b], for a < targets; vectors of d floats.
  void (*combine)(float* const* y, int targets, const float* const* x, int sources, const float* factors, int64_t by_target, int64_t by_source, int d);
};

extern const MonetKernels kBaselineMonetKernels;
#if defined(__x86_64__)
extern const MonetKernels kAvx2MonetKernels;
extern const MonetKernels kAvx512MonetKernels;
#endif

// The fastest that this processor runs; `LOUPE_ISA` (baseline, avx2) asks for less.
const MonetKernels& BestMonetKernels();

}  // namespace loupe
