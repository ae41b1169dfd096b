// The arithmetic of sparse dictionary training, one row at a time, compiled once for each instruction set.
//
// All arrays are row-major float32. Nothing here allocates, throws or depends on the number of threads; the results of one
// instruction set are the same bit for bit from call to call.
#pragma once

#include <cstdint>

namespace loupe {

// Adam's settings for one step; `step_size` and `root_correction` hold the bias corrections (Kingma & Ba 2014, arXiv 1412.6980).
struct AdamStep {
  float step_size;        // lr / (1 - beta1^t)
  float beta1;
  float beta2;
  float epsilon;
  float root_correction;  // 1 / sqrt(1 - beta2^t)
};

struct RowKernels {
  const char* name;

  // The running selection of one row. `values`/`indices` hold `held` (<= k) entries by ascending index; those of
  // u = pre + bias that belong to the k largest positive ones of both are merged in, ties going to the lower index.
  // Latents of this block are numbered from `first`, above every index held. `scratch_*` take k + 16 entries more than
  // fits, see kScratch. Returns how many entries are held then, or -1 where u is not finite.
  int (*merge_top_k)(const float* pre, const float* bias, int n, int first, int k, int held, float* values, int32_t* indices,
                     float* scratch_values, int32_t* scratch_indices);

  // The entries of u = pre + bias that are strictly above their own bound, by ascending index; `values` and `indices` have room
  // for n + 16. Returns how many there are, or -1 where u is not finite.
  int (*compact_above)(const float* pre, const float* bias, const float* bound, int n, float* values, int32_t* indices);

  // correlations -= coefficient * gram_row; returns where the largest then is (of largest magnitude where `magnitude` is set), the
  // lowest index of equals; entries that are not numbers are never chosen.
  int (*take_atom)(const float* gram_row, float coefficient, int n, bool magnitude, float* correlations);

  // a . b
  double (*dot)(const float* a, const float* b, int d);

  // y += sum_p weights[p] * table[rows[p]], p < count.
  void (*add_gathered)(const float* table, const int32_t* rows, const float* weights, int count, int d, float* y);

  // gradient[s] = scale * error . decoder[indices[s]] where values[s] > 0 or `all` is set, else 0.
  void (*value_gradients)(const float* decoder, const float* error, const int32_t* indices, const float* values, int k, int d,
                          float scale, bool all, float* gradient);

  // out = a - b
  void (*subtract)(const float* a, const float* b, int d, float* out);

  // y += a * x
  void (*add_scaled)(float a, const float* x, int d, float* y);

  // One Adam step of d entries in place.
  void (*adam)(const AdamStep& step, const float* gradient, int d, float* weight, float* m, float* v);

  // Removes from `gradient` its part along `weight`.
  void (*remove_parallel)(const float* weight, int d, float* gradient);

  // x *= a
  void (*scale)(float a, int d, float* x);

  // |x|^2
  double (*square)(const float* x, int d);

  // Scales `weight` to norm 1; a zero row stays zero.
  void (*normalise)(int d, float* weight);
};

// Candidates that merge_top_k may gather before it narrows them; scratch arrays hold kScratch + k entries.
constexpr int kScratch = 1024;

extern const RowKernels kBaselineKernels;
extern const RowKernels kAvx2Kernels;
extern const RowKernels kAvx512Kernels;

// The fastest set that this processor has; LOUPE_ISA=baseline|avx2|avx512 asks for a lower one.
const RowKernels& BestRowKernels();

}  // namespace loupe
