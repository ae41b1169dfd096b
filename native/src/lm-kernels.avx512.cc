// The forward pass's kernels for AVX512; lm-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx512LmKernels
#define LOUPE_ISA_NAME "avx512"
#include "lm-kernels.inc"
