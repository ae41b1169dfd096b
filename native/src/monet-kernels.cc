// The kernels of Monet layers for any processor; monet-kernels-dispatch.cc chooses.
#define LOUPE_KERNELS kBaselineMonetKernels
#define LOUPE_ISA_NAME "baseline"
#include "monet-kernels.inc"
