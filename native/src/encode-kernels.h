// The encoder product of a TopK step at low precision, fused with its selection, in pieces that each run out of the cache.
//
// A product in bfloat16 or int8 only nominates latents; what is kept is computed in float32. A row's nominee carries an upper and a
// lower bound of its pre-activation, so that with honest bounds none of the k largest is ever missed (see EncodeMargins).
//
// Operands are packed in tiles of 16 lines x 64 bytes, which AMX loads as they are. x: a line a row, 64 bytes of its entries.
// Weights: a panel holds 16 latents; a line holds the next 4 bytes of each of them (2 bfloat16 or 4 int8). `steps` tiles make a row or
// a panel. Neither allocates nor throws; the same bits from call to call.
#pragma once

#include <cstdint>

namespace loupe {

constexpr int kTileLines = 16, kTileBytes = 1024, kLineBytes = 64;
constexpr int kProductRows = 32;     // rows come in multiples of this
constexpr int kProductLatents = 64;  // latents of one product: 4 panels

// c[rows][64] = x . w^T, float32 for bfloat16 operands, int32 for int8. Between begin and end of one thread only.
struct EncodeProduct {
  const char* name;
  void (*begin)(void* saved);      // keeps the thread's tile configuration in saved[64] and sets ours
  void (*end)(const void* saved);  // puts it back
  void (*multiply)(const uint8_t* x, int rows, const uint8_t* w, int steps, void* c);
};

// What is known of 16 packed latents or one packed row, beside its tiles.
struct PackedNorms {
  float norm;   // |packed vector|, not finite where the vector is not
  float error;  // |vector - packed vector|
  float scale;  // int8: an entry is scale * integer
  int32_t sum;  // int8: the sum of the integers
};

// The latents of one product. Pre-activation in [u - margin, u + margin], u = scale * (c - shift) + bias for int8, c + bias for bfloat16;
// margin = row.norm * error + row.error * norm, by Cauchy and Schwarz. Padding has bias -inf.
struct LatentBlock {
  int first;
  const float *bias, *norm, *error, *scale;
  const int32_t* shift;
};

// The nominees of one row, by ascending latent.
struct Nominees {
  float bound;    // a latent whose upper bound is not above this is none
  int count;
  bool overflow;  // more than `capacity` could be among the best: the row has to be computed in full
  float *high, *low;
  int32_t* latent;
};

struct EncodeKernels {
  // One row of d float32 as bfloat16, 64 bytes every `stride` bytes, padded with zeros.
  PackedNorms (*round_bf16)(const float* row, int d, int steps, uint8_t* out, int stride);
  // One row as int8 with one scale; `offset` 128 stores unsigned bytes.
  PackedNorms (*round_int8)(const float* row, int d, int steps, int offset, uint8_t* out, int stride);
  // 16 rounded latents (a line of steps * 64 bytes each) as one panel.
  void (*transpose)(const uint8_t* lines, int steps, uint8_t* panel);
  // Takes the latents of a product into the nominees of `rows` rows; `best` of them are wanted.
  void (*nominate)(const void* c, bool integers, const LatentBlock& block, const PackedNorms* row, int rows, int best, int capacity, Nominees* to);
  // The k largest positive pre-activations among the nominees, in float32: values and indices by ascending latent, unused slots 0. Returns
  // how many, or -1 where one is not finite. scratch holds 2 * capacity floats.
  int (*rescore)(const Nominees& from, const float* x, const float* w, const float* bias, int d, int best, int k, float* scratch, float* values,
                 int32_t* indices);
  // pre[j] = x . w[j] for n latents in float32: the row in full.
  void (*products)(const float* x, const float* w, int64_t n, int d, float* pre);
};

extern const EncodeKernels kEncodeKernels;  // AVX512
extern const EncodeProduct kBf16Product, kInt8Product, kAmxBf16Product, kAmxInt8Product;

// How a precision's product is computed here: 0 not at all, 1 by AVX512-BF16 or AVX512-VNNI, 2 by AMX. LOUPE_ISA=baseline|avx2|avx512
// turns all of it off, avx512bf16 only AMX.
enum class EncodeTier { kNone, kAvx512, kAmx };
EncodeTier BestEncodeTier(bool int8);
const EncodeProduct& EncodeProductOf(EncodeTier tier, bool int8);

// Entries that a nominee list holds when `best` are wanted: room for those inside the margins and for one product's latents.
constexpr int NomineeCapacity(int best) { return (best + best / 2 + 96 + kProductLatents + 15) / 16 * 16; }

}  // namespace loupe
