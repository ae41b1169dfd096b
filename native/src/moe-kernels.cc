// Kernels of experts and norms for any processor; moe-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kBaselineMoeKernels
#define LOUPE_ISA_NAME "baseline"
#include "moe-kernels.inc"
