// The forward pass's kernels for any processor; lm-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kBaselineLmKernels
#define LOUPE_ISA_NAME "baseline"
#include "lm-kernels.inc"
