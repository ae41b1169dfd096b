// LoupeAdam: one Adam step of a parameter from its dense gradient, in place.
#include "resource-cells.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeAdam")
    .Input("parameter: resource")
    .Input("m: resource")        // its moments, of its shape
    .Input("v: resource")
    .Input("gradient: float")    // of that shape
    .Input("settings: float")    // [5]: step size, beta1, beta2, epsilon, root correction
    .SetIsStateful()
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

constexpr int64_t kEntries = 16384;

class AdamOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    static const char* const names[] = {"the parameter", "its first moment", "its second moment"};
    const Tensor &gradient = ctx->input(3), &settings = ctx->input(4);
    OP_REQUIRES(ctx, settings.NumElements() == 5, Refuse("settings must have 5 entries"));
    Cells<3> cells;
    OP_REQUIRES_OK(ctx, cells.Open(ctx, names));
    float* data[3];
    for (int i = 0; i < 3; i++) {
      OP_REQUIRES_OK(ctx, cells.Writable(ctx, i, tensorflow::DT_FLOAT, gradient.shape(), names[i]));
      data[i] = cells.tensor(i)->flat<float>().data();
    }
    const float *s = settings.flat<float>().data(), *g = gradient.flat<float>().data();
    const AdamStep step = {s[0], s[1], s[2], s[3], s[4]};
    const RowKernels& kernels = BestRowKernels();
    ForBlocks(ctx, gradient.NumElements(), kEntries, [&](int64_t begin, int64_t end) {
      kernels.adam(step, g + begin, static_cast<int>(end - begin), data[0] + begin, data[1] + begin, data[2] + begin);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeAdam").Device(tensorflow::DEVICE_CPU), AdamOp);

}  // namespace
}  // namespace loupe
