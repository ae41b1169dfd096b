// The encoder product in bfloat16 by AVX512-BF16.
#include "encode-kernels.h"

#if defined(__AVX512BF16__)
#define LOUPE_ACC __m512
#define LOUPE_DOT(acc, w, x) _mm512_dpbf16_ps(acc, (__m512bh)(w), (__m512bh)(x))
#include "encode-product.inc"

namespace loupe {
extern const EncodeProduct kBf16Product;
const EncodeProduct kBf16Product = {"avx512bf16", Begin, End, Multiply};
}  // namespace loupe
#else
namespace loupe {
extern const EncodeProduct kBf16Product;
const EncodeProduct kBf16Product = {};
}  // namespace loupe
#endif
