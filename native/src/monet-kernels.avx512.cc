// The kernels of Monet layers for AVX512; monet-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx512MonetKernels
#define LOUPE_ISA_NAME "avx512"
#include "monet-kernels.inc"
