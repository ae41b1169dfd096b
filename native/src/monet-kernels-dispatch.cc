// Chooses the kernels of Monet layers as the row kernels are chosen, so that one processor and one LOUPE_ISA mean one instruction set.
#include <cstring>

#include "monet-kernels.h"
#include "row-kernels.h"

namespace loupe {

const MonetKernels& BestMonetKernels() {
#if defined(__x86_64__)
  static const char* const name = BestRowKernels().name;
  if (std::strcmp(name, "avx512") == 0) return kAvx512MonetKernels;
  if (std::strcmp(name, "avx2") == 0) return kAvx2MonetKernels;
#endif
  return kBaselineMonetKernels;
}

}  // namespace loupe
