// The row kernels for AVX512; row-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx512Kernels
#define LOUPE_ISA_NAME "avx512"
#include "row-kernels.inc"
