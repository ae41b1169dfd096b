// Packing, nomination and rescoring for the fused encoder product, by AVX512.
#include "encode-kernels.h"

#if defined(__AVX512F__)
#if !defined(__clang__)
// GCC 12's own intrinsics say "undefined" in a way that it then warns of
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

namespace loupe {
namespace {

constexpr int kLanes = 16;

inline __mmask16 Lanes(int count) { return count >= kLanes ? 0xffff : static_cast<__mmask16>((1u << count) - 1); }

// ---- packing --------------------------------------------------------------------------------------------------------

// float32 as the upper half of the nearest bfloat16, ties to even.
inline __m512i NearestBf16(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  return _mm512_and_si512(rounded, _mm512_set1_epi32(static_cast<int>(0xffff0000u)));
}

PackedNorms RoundBf16(const float* row, int d, int steps, uint8_t* out, int stride) {
  __m512 squares = _mm512_setzero_ps(), errors = _mm512_setzero_ps();
  for (int s = 0; s < steps; s++) {
    for (int half = 0; half < 2; half++) {
      const int i = (2 * s + half) * kLanes;
      const __m512 x = _mm512_maskz_loadu_ps(Lanes(i < d ? d - i : 0), row + i);
      const __m512i bits = NearestBf16(x);
      const __m512 near = _mm512_castsi512_ps(bits), error = _mm512_sub_ps(x, near);
      squares = _mm512_fmadd_ps(near, near, squares);
      errors = _mm512_fmadd_ps(error, error, errors);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + s * static_cast<int64_t>(stride) + half * 32),
                          _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
    }
  }
  return {__builtin_sqrtf(_mm512_reduce_add_ps(squares)), __builtin_sqrtf(_mm512_reduce_add_ps(errors)), 1, 0};
}

PackedNorms RoundInt8(const float* row, int d, int steps, int offset, uint8_t* out, int stride) {
  __m512 most = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (int i = 0; i < d; i += kLanes) {
    const __m512 x = _mm512_maskz_loadu_ps(Lanes(d - i), row + i);
    most = _mm512_max_ps(most, _mm512_abs_ps(x));
    squares = _mm512_fmadd_ps(x, x, squares);
  }
  const float largest = _mm512_reduce_max_ps(most), scale = largest > 0 ? largest / 127 : 1;
  __m512i sum = _mm512_setzero_si512();
  for (int s = 0; s < steps; s++) {
    for (int quarter = 0; quarter < 4; quarter++) {
      const int i = (4 * s + quarter) * kLanes;
      const __m512 x = _mm512_maskz_loadu_ps(Lanes(i < d ? d - i : 0), row + i);
      const __m512i near = _mm512_cvtps_epi32(_mm512_div_ps(x, _mm512_set1_ps(scale)));
      sum = _mm512_add_epi32(sum, near);
      const __m512i stored = _mm512_add_epi32(near, _mm512_set1_epi32(offset));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + s * static_cast<int64_t>(stride) + quarter * kLanes), _mm512_cvtepi32_epi8(stored));
    }
  }
  return {__builtin_sqrtf(_mm512_reduce_add_ps(squares)), 0, scale, _mm512_reduce_add_epi32(sum)};
}

// A tile of 16 lines x 16 double words, turned around.
inline void TransposeTile(const uint8_t* in, int64_t stride, uint8_t* out) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(in + i * stride);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
    b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd);
    b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) {
    _mm512_storeu_si512(out + i * kLineBytes, _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88));
    _mm512_storeu_si512(out + (i + 8) * kLineBytes, _mm512_shuffle_i32x4(b[i], b[i + 8], 0xdd));
  }
}

void Transpose(const uint8_t* lines, int steps, uint8_t* panel) {
  for (int s = 0; s < steps; s++) TransposeTile(lines + s * kLineBytes, static_cast<int64_t>(steps) * kLineBytes, panel + s * static_cast<int64_t>(kTileBytes));
}

// ---- selection ------------------------------------------------------------------------------------------------------

// The largest float below `value`, for value > 0.
inline float Below(float value) {
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_sub_epi32(_mm_castps_si128(_mm_set_ss(value)), _mm_set1_epi32(1))));
}

inline int CountAtLeast(const float* values, int count, float bound) {
  const __m512 b = _mm512_set1_ps(bound);
  int above = 0;
  for (int i = 0; i < count; i += kLanes) {
    above += __builtin_popcount(_mm512_mask_cmp_ps_mask(Lanes(count - i), _mm512_loadu_ps(values + i), b, _CMP_GE_OQ));
  }
  return above;
}

// A value that at least `best` entries reach, and at most best + slack unless more are equal to it; count >= best >= 1.
float Bound(const float* values, int count, int best, int slack) {
  __m512 least = _mm512_set1_ps(__builtin_inff()), most = _mm512_set1_ps(-__builtin_inff());
  for (int i = 0; i < count; i += kLanes) {
    const __mmask16 lanes = Lanes(count - i);
    const __m512 v = _mm512_loadu_ps(values + i);
    least = _mm512_mask_min_ps(least, lanes, least, v);
    most = _mm512_mask_max_ps(most, lanes, most, v);
  }
  float low = _mm512_reduce_min_ps(least), high = _mm512_reduce_max_ps(most);
  if (CountAtLeast(values, count, high) >= best) return high;
  for (;;) {
    const float middle = 0.5f * low + 0.5f * high;
    if (!(middle > low && middle < high)) return low;
    const int above = CountAtLeast(values, count, middle);
    if (above < best) {
      high = middle;
      continue;
    }
    low = middle;
    if (above <= best + slack) return low;
  }
}

// Drops nominees that cannot be among the `best` any more.
void Narrow(Nominees* n, int best, int capacity) {
  if (n->count < best) return;
  const float reached = Bound(n->low, n->count, best, 4);
  if (reached > 0 && Below(reached) > n->bound) n->bound = Below(reached);
  const __m512 bound = _mm512_set1_ps(n->bound);
  int kept = 0;
  for (int i = 0; i < n->count; i += kLanes) {
    const __m512 high = _mm512_loadu_ps(n->high + i), low = _mm512_loadu_ps(n->low + i);
    const __m512i latent = _mm512_loadu_si512(n->latent + i);
    const __mmask16 stay = _mm512_mask_cmp_ps_mask(Lanes(n->count - i), high, bound, _CMP_GT_OQ);
    _mm512_storeu_ps(n->high + kept, _mm512_maskz_compress_ps(stay, high));
    _mm512_storeu_ps(n->low + kept, _mm512_maskz_compress_ps(stay, low));
    _mm512_storeu_si512(n->latent + kept, _mm512_maskz_compress_epi32(stay, latent));
    kept += __builtin_popcount(stay);
  }
  n->count = kept;
  n->overflow = kept + kProductLatents > capacity;
}

void Nominate(const void* c, bool integers, const LatentBlock& block, const PackedNorms* row, int rows, int best, int capacity, Nominees* to) {
  for (int r = 0; r < rows; r++) {
    Nominees& n = to[r];
    if (n.count + kProductLatents > capacity && !n.overflow) Narrow(&n, best, capacity);
    if (n.overflow) continue;
    const __m512 bound = _mm512_set1_ps(n.bound), norm = _mm512_set1_ps(row[r].norm), error = _mm512_set1_ps(row[r].error);
    int count = n.count;
#pragma GCC unroll 4
    for (int p = 0; p < kProductLatents; p += kLanes) {
      const uint8_t* at = static_cast<const uint8_t*>(c) + (r * kProductLatents + p) * 4;
      __m512 u;
      if (integers) {
        const __m512i sum = _mm512_sub_epi32(_mm512_load_si512(at), _mm512_loadu_si512(block.shift + p));
        const __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(block.scale + p), _mm512_set1_ps(row[r].scale));
        u = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, _mm512_loadu_ps(block.bias + p));
      } else {
        u = _mm512_add_ps(_mm512_load_ps(at), _mm512_loadu_ps(block.bias + p));
      }
      const __m512 margin = _mm512_fmadd_ps(norm, _mm512_loadu_ps(block.error + p), _mm512_mul_ps(error, _mm512_loadu_ps(block.norm + p)));
      const __m512 high = _mm512_add_ps(u, margin);
      const __mmask16 above = _mm512_cmp_ps_mask(high, bound, _CMP_GT_OQ);
      const __m512i latent = _mm512_add_epi32(_mm512_set1_epi32(block.first + p), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
      _mm512_storeu_ps(n.high + count, _mm512_maskz_compress_ps(above, high));
      _mm512_storeu_ps(n.low + count, _mm512_maskz_compress_ps(above, _mm512_sub_ps(u, margin)));
      _mm512_storeu_si512(n.latent + count, _mm512_maskz_compress_epi32(above, latent));
      count += __builtin_popcount(above);
    }
    n.count = count;
  }
}

// ---- float32 --------------------------------------------------------------------------------------------------------

float Dot(const float* a, const float* b, int d) {
  __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  int i = 0;
  for (; i + 4 * kLanes <= d; i += 4 * kLanes) {
    s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s0);
    s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), s1);
    s2 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 32), _mm512_loadu_ps(b + i + 32), s2);
    s3 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 48), _mm512_loadu_ps(b + i + 48), s3);
  }
  for (; i < d; i += kLanes) {
    const __mmask16 lanes = Lanes(d - i);
    s0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, a + i), _mm512_maskz_loadu_ps(lanes, b + i), s0);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3)));
}

void Products(const float* x, const float* w, int64_t n, int d, float* pre) {
  for (int64_t j = 0; j < n; j++) pre[j] = Dot(x, w + j * d, d);
}

inline void Prefetch(const float* row, int d) {
  for (int i = 0; i < d; i += kLanes) _mm_prefetch(reinterpret_cast<const char*>(row + i), _MM_HINT_T0);
}

// Computes those nominees that `wanted` says; the others keep what they have. False where one is not finite.
template <typename Wanted>
bool Compute(const Nominees& from, const float* x, const float* w, const float* bias, int d, Wanted wanted, float* exact) {
  float sum = 0;
  int32_t waiting[2];  // two rows are on their way from memory while one is used
  int ahead = 0;
  const auto finish = [&] {
    const int i = waiting[0];
    exact[i] = Dot(x, w + from.latent[i] * static_cast<int64_t>(d), d) + bias[from.latent[i]];
    sum += exact[i] * 0.0f;
    waiting[0] = waiting[1];
    ahead--;
  };
  for (int i = 0; i < from.count; i++) {
    if (!wanted(i)) continue;
    Prefetch(w + from.latent[i] * static_cast<int64_t>(d), d);
    if (ahead == 2) finish();
    waiting[ahead++] = i;
  }
  while (ahead > 0) finish();
  return sum == 0;
}

int Rescore(const Nominees& from, const float* x, const float* w, const float* bias, int d, int best, int k, float* scratch, float* values,
            int32_t* indices) {
  const int count = from.count;
  float *exact = scratch, *first = scratch + count;
  const float reached = count > best ? Bound(from.low, count, best, 0) : -__builtin_inff();
  for (int i = 0; i < count; i++) exact[i] = 0;
  if (!Compute(from, x, w, bias, d, [&](int i) { return from.low[i] >= reached; }, exact)) return -1;
  if (count > best) {
    int computed = 0;
    for (int i = 0; i < count; i++) if (from.low[i] >= reached) first[computed++] = exact[i];
    // what cannot reach the k-th of these is not computed
    const float kth = Bound(first, computed, k, 0);
    if (!Compute(from, x, w, bias, d, [&](int i) { return from.low[i] < reached && from.high[i] >= kth; }, exact)) return -1;
  }
  int positive = 0;
  for (int i = 0; i < count; i++) positive += exact[i] > 0;
  const float bound = positive > k ? Bound(exact, count, k, 0) : 0;
  int above = 0;
  for (int i = 0; i < count; i++) above += exact[i] > bound;
  int ties = k - above, kept = 0;
  for (int i = 0; i < count; i++) {
    if (!(exact[i] > 0) || exact[i] < bound || (exact[i] == bound && ties-- <= 0)) continue;
    values[kept] = exact[i];
    indices[kept++] = from.latent[i];
  }
  for (int s = kept; s < k; s++) values[s] = 0, indices[s] = 0;
  return kept;
}

}  // namespace

extern const EncodeKernels kEncodeKernels;
const EncodeKernels kEncodeKernels = {RoundBf16, RoundInt8, Transpose, Nominate, Rescore, Products};
}  // namespace loupe
#else
namespace loupe {
extern const EncodeKernels kEncodeKernels;
const EncodeKernels kEncodeKernels = {};
}  // namespace loupe
#endif
