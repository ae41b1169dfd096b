// The encoder product in int8 (unsigned x, signed weights) by AVX512-VNNI.
#include "encode-kernels.h"

#if defined(__AVX512VNNI__)
#define LOUPE_ACC __m512i
#define LOUPE_DOT(acc, w, x) _mm512_dpbusd_epi32(acc, x, w)
#include "encode-product.inc"

namespace loupe {
extern const EncodeProduct kInt8Product;
const EncodeProduct kInt8Product = {"avx512vnni", Begin, End, Multiply};
}  // namespace loupe
#else
namespace loupe {
extern const EncodeProduct kInt8Product;
const EncodeProduct kInt8Product = {};
}  // namespace loupe
#endif
