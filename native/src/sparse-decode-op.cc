// LoupeSparseDecode: reconstruction error of sparse codes, and the gradient of the kept values, without a dense code.
#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeSparseDecode")
    .Input("values: float")           // [rows, k]
    .Input("indices: int32")          // [rows, k]
    .Input("decoder: float")          // [latents, d]
    .Input("bias: float")             // [d]
    .Input("x: float")                // [rows, d]
    .Input("scale: float")            // []: factor of value_gradients
    .Output("error: float")           // [rows, d]: reconstruction - x
    .Output("value_gradients: float") // [rows, k]: scale * error . decoder[index] where value > 0
    .Output("row_errors: float")      // [rows]: squared norm of each row of error
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class SparseDecodeOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &values = ctx->input(0), &indices = ctx->input(1), &decoder = ctx->input(2), &bias = ctx->input(3),
                 &x = ctx->input(4), &scale = ctx->input(5);
    OP_REQUIRES_OK(ctx, CheckRank(values, "values", 2));
    OP_REQUIRES_OK(ctx, CheckRank(decoder, "decoder", 2));
    OP_REQUIRES_OK(ctx, CheckRank(bias, "bias", 1));
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(scale, "scale", 0));
    const int64_t rows = values.dim_size(0), k = values.dim_size(1), d = decoder.dim_size(1);
    OP_REQUIRES(ctx, indices.shape() == values.shape(), Refuse("values and indices differ in shape"));
    OP_REQUIRES_OK(ctx, CheckDim(bias, "bias", 0, d));
    OP_REQUIRES_OK(ctx, CheckDim(x, "x", 0, rows));
    OP_REQUIRES_OK(ctx, CheckDim(x, "x", 1, d));
    OP_REQUIRES_OK(ctx, CheckIndices(indices, "indices", decoder.dim_size(0)));
    Tensor *error = nullptr, *gradients = nullptr, *row_errors = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &error));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, values.shape(), &gradients));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {rows}, &row_errors));
    const RowKernels& kernels = BestRowKernels();
    const float *v = values.flat<float>().data(), *w = decoder.flat<float>().data(), *b = bias.flat<float>().data(),
                *in = x.flat<float>().data();
    const int32_t* at = indices.flat<int32_t>().data();
    float *e = error->flat<float>().data(), *g = gradients->flat<float>().data(), *r2 = row_errors->flat<float>().data();
    const float factor = scale.scalar<float>()();
    const int kk = static_cast<int>(k), dd = static_cast<int>(d);
    ForBlocks(ctx, rows, 16, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        int used = kk;
        while (used > 0 && v[r * k + used - 1] == 0) used--;
        r2[r] = static_cast<float>(kernels.decode_row(w, b, in + r * d, at + r * k, v + r * k, used, dd, e + r * d));
        kernels.value_gradients(w, e + r * d, at + r * k, v + r * k, kk, dd, factor, g + r * k);
      }
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeSparseDecode").Device(tensorflow::DEVICE_CPU), SparseDecodeOp);

}  // namespace
}  // namespace loupe
