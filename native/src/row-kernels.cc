// The row kernels for any processor; row-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kBaselineKernels
#define LOUPE_ISA_NAME "baseline"
#include "row-kernels.inc"
