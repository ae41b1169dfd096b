// LoupeRmsNorm, LoupeAddRmsNorm and LoupeSiluGate: what stands between the matrix products of a Llama block, in one pass over memory each.
#include "lm-kernels.h"
#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

constexpr int64_t kRowsAtOnce = 16;

REGISTER_OP("LoupeRmsNorm")
    .Input("x: float")       // [rows, d]
    .Input("weight: float")  // [d]
    .Attr("eps: float")
    .Output("out: float")    // [rows, d]: x / sqrt(mean(x^2) + eps) * weight
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeAddRmsNorm")
    .Input("a: float")       // [rows, d]
    .Input("b: float")       // [rows, d]
    .Input("weight: float")  // [d]
    .Attr("eps: float")
    .Output("sum: float")    // [rows, d]: a + b
    .Output("out: float")    // [rows, d]: the norm of the sum
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeSiluGate")
    .Input("hidden: float")  // [rows, 2 d]: gate, then linear
    .Output("out: float")    // [rows, d]: silu(gate) * linear
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class RmsNormOp : public tensorflow::OpKernel {
 public:
  explicit RmsNormOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("eps", &eps_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &weight = ctx->input(1);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(weight, "weight", 1));
    OP_REQUIRES_OK(ctx, CheckDim(weight, "weight", 0, x.dim_size(1)));
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &out));
    const LmKernels& kernels = BestLmKernels();
    const int64_t d = x.dim_size(1);
    const float *in = x.flat<float>().data(), *w = weight.flat<float>().data();
    float* to = out->flat<float>().data();
    ForBlocks(ctx, x.dim_size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) kernels.rms_norm(in + r * d, w, eps_, static_cast<int>(d), to + r * d);
    });
  }

 private:
  float eps_ = 0;
};

class AddRmsNormOp : public tensorflow::OpKernel {
 public:
  explicit AddRmsNormOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("eps", &eps_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &a = ctx->input(0), &b = ctx->input(1), &weight = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(a, "a", 2));
    OP_REQUIRES_OK(ctx, CheckRank(weight, "weight", 1));
    OP_REQUIRES_OK(ctx, CheckDim(weight, "weight", 0, a.dim_size(1)));
    OP_REQUIRES(ctx, a.shape() == b.shape(), tensorflow::errors::InvalidArgument("a and b differ in shape"));
    Tensor *sum = nullptr, *out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, a.shape(), &sum));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, a.shape(), &out));
    const LmKernels& kernels = BestLmKernels();
    const int64_t d = a.dim_size(1);
    const float *left = a.flat<float>().data(), *right = b.flat<float>().data(), *w = weight.flat<float>().data();
    float *s = sum->flat<float>().data(), *to = out->flat<float>().data();
    ForBlocks(ctx, a.dim_size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) kernels.add_rms_norm(left + r * d, right + r * d, w, eps_, static_cast<int>(d), s + r * d, to + r * d);
    });
  }

 private:
  float eps_ = 0;
};

class SiluGateOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor& hidden = ctx->input(0);
    OP_REQUIRES_OK(ctx, CheckRank(hidden, "hidden", 2));
    OP_REQUIRES(ctx, hidden.dim_size(1) % 2 == 0, tensorflow::errors::InvalidArgument("hidden must have an even number of columns"));
    const int64_t rows = hidden.dim_size(0), d = hidden.dim_size(1) / 2;
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {rows, d}, &out));
    const LmKernels& kernels = BestLmKernels();
    const float* in = hidden.flat<float>().data();
    float* to = out->flat<float>().data();
    ForBlocks(ctx, rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) kernels.silu_gate(in + r * 2 * d, in + r * 2 * d + d, static_cast<int>(d), to + r * d);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeRmsNorm").Device(tensorflow::DEVICE_CPU), RmsNormOp);
REGISTER_KERNEL_BUILDER(Name("LoupeAddRmsNorm").Device(tensorflow::DEVICE_CPU), AddRmsNormOp);
REGISTER_KERNEL_BUILDER(Name("LoupeSiluGate").Device(tensorflow::DEVICE_CPU), SiluGateOp);

}  // namespace
}  // namespace loupe
