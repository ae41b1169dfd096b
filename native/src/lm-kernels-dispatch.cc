// Chooses the forward pass's kernels as the row kernels are chosen, so that one processor and one LOUPE_ISA mean one instruction set.
#include <cstring>

#include "lm-kernels.h"
#include "row-kernels.h"

namespace loupe {

const LmKernels& BestLmKernels() {
#if defined(__x86_64__)
  static const char* const name = BestRowKernels().name;
  if (std::strcmp(name, "avx512") == 0) return kAvx512LmKernels;
  if (std::strcmp(name, "avx2") == 0) return kAvx2LmKernels;
#endif
  return kBaselineLmKernels;
}

}  // namespace loupe
