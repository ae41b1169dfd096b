// Kernels of experts and norms for AVX512; moe-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx512MoeKernels
#define LOUPE_ISA_NAME "avx512"
#include "moe-kernels.inc"
