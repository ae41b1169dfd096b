// Kernels of experts and norms for AVX2; moe-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx2MoeKernels
#define LOUPE_ISA_NAME "avx2"
#include "moe-kernels.inc"
