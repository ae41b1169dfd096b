// The arithmetic of a forward pass between its matrix products, compiled once for each instruction set.
//
// All arrays are row-major float32. Nothing here allocates, throws or depends on the number of threads; the results of one
// instruction set are the same bit for bit from call to call.
#pragma once

#include <cstdint>

namespace loupe {

// One group of heads that share keys and values, in one row of the batch.
struct AttentionTask {
  int64_t row;               // floats from one token to the next in q, k and v
  const float* q;            // the first head's q in the first row
  const float* k;
  const float* v;
  float* z;                  // the first head's z in the first row
  int64_t z_row;             // floats from one token to the next in z
  int length;
  int heads;                 // heads of the group, side by side in q and z
  int d_head;
  const float* cos;          // [length, d_head / 2], or null without rotation
  const float* sin;
  const int32_t* documents;  // [length], or null: one document
  float* scratch;            // AttentionScratch(length, d_head) floats, 64-byte aligned
};

// The gradient of an AttentionTask, whose z is not read; its scratch has AttentionGradScratch(length, d_head) floats.
struct AttentionGradTask {
  AttentionTask forward;
  const float* dz;  // as z in the task
  int64_t row;      // floats from one token to the next in dq, dk and dv
  float* dq;        // the first head's, in the first row
  float* dk;
  float* dv;
};

struct LmKernels {
  const char* name;

  // out = x / sqrt(mean(x^2) + eps) * weight
  void (*rms_norm)(const float* x, const float* weight, float eps, int d, float* out);

  // sum = a + b; out = sum / sqrt(mean(sum^2) + eps) * weight
  void (*add_rms_norm)(const float* a, const float* b, const float* weight, float eps, int d, float* sum, float* out);

  // out = gate / (1 + exp(-gate)) * linear
  void (*silu_gate)(const float* gate, const float* linear, int d, float* out);

  // Rotary embedding, causal softmax(q k^T / sqrt(d_head)) v.
  void (*attention)(const AttentionTask& task);

  // dq, dk and dv from dz.
  void (*attention_grad)(const AttentionGradTask& task);
};

constexpr int kLmLanes = 16;
constexpr int kQueries = 4;  // queries that are computed side by side

constexpr int64_t RoundUp(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Keys transposed and values, both padded, the scores and rotated queries of one tile.
constexpr int64_t AttentionScratch(int64_t length, int64_t d_head) {
  const int64_t keys = RoundUp(length, 4 * kLmLanes), width = RoundUp(d_head, kLmLanes);
  return d_head * keys + length * width + kQueries * keys + kQueries * d_head;
}

// Keys, queries and dz as rows, keys and values across, the weights and the gradient of the scores, a tile.
constexpr int64_t AttentionGradScratch(int64_t length, int64_t d_head) {
  const int64_t keys = RoundUp(length, 4 * kLmLanes), width = RoundUp(d_head, kLmLanes);
  return 3 * length * width + 2 * d_head * keys + 2 * RoundUp(length, kQueries) * keys + (kQueries + 1) * width;
}

extern const LmKernels kBaselineLmKernels;
#if defined(__x86_64__)
extern const LmKernels kAvx2LmKernels;
extern const LmKernels kAvx512LmKernels;
#endif

// The fastest that this processor runs; `LOUPE_ISA` (baseline, avx2) asks for less.
const LmKernels& BestLmKernels();

}  // namespace loupe
