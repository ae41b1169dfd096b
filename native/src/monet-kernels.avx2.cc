// The kernels of Monet layers for AVX2; monet-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kAvx2MonetKernels
#define LOUPE_ISA_NAME "avx2"
#include "monet-kernels.inc"
