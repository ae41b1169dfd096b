// The forward pass's kernels for AVX2; lm-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx2LmKernels
#define LOUPE_ISA_NAME "avx2"
#include "lm-kernels.inc"
