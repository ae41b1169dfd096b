#include <cstdlib>
#include <cstring>

#include "row-kernels.h"

namespace loupe {
namespace {

const RowKernels* Choose() {
  const char* asked = std::getenv("LOUPE_ISA");
  if (asked != nullptr && std::strcmp(asked, "baseline") == 0) return &kBaselineKernels;
#if defined(__x86_64__)
  const bool below512 = asked != nullptr && std::strcmp(asked, "avx2") == 0;
  __builtin_cpu_init();
  if (!below512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return &kAvx512Kernels;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kAvx2Kernels;
#endif
  return &kBaselineKernels;
}

}  // namespace

const RowKernels& BestRowKernels() {
  static const RowKernels* const chosen = Choose();
  return *chosen;
}

}  // namespace loupe
