// The row kernels for AVX2; row-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx2Kernels
#define LOUPE_ISA_NAME "avx2"
#include "row-kernels.inc"
