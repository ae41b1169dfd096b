// Chooses the kernels of experts and norms as the row kernels are chosen, so that one processor and one LOUPE_ISA mean one instruction set.
#include <cstring>

#include "moe-kernels.h"
#include "row-kernels.h"

namespace loupe {

const MoeKernels& BestMoeKernels() {
#if defined(__x86_64__)
  static const char* const name = BestRowKernels().name;
  if (std::strcmp(name, "avx512") == 0) return kAvx512MoeKernels;
  if (std::strcmp(name, "avx2") == 0) return kAvx2MoeKernels;
#endif
  return kBaselineMoeKernels;
}

}  // namespace loupe
