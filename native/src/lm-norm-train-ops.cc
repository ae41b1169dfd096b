// LoupeLayerNorm and LoupeGelu with their gradients: what stands between the matrix products of a GPT, in one pass over memory each.
#include <vector>

#include "moe-kernels.h"
#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

constexpr int64_t kRowsAtOnce = 64;
constexpr int64_t kEntries = 8192;

REGISTER_OP("LoupeLayerNorm")
    .Input("x: float")         // [rows, d]
    .Input("weight: float")    // [d]
    .Input("bias: float")      // [d]
    .Attr("eps: float")
    .Output("out: float")      // [rows, d]: (x - mean) / sqrt(variance + eps) * weight + bias
    .Output("moments: float")  // [rows, 2]: mean and 1 / sqrt(variance + eps)
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeLayerNormGrad")
    .Input("x: float")         // as LoupeLayerNorm's
    .Input("weight: float")
    .Input("moments: float")
    .Input("dy: float")        // [rows, d]
    .Output("dx: float")       // [rows, d]
    .Output("dweight: float")  // [d]
    .Output("dbias: float")    // [d]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeGelu")
    .Input("x: float")     // any shape
    .Output("out: float")  // x Phi(x)
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeGeluGrad")
    .Input("x: float")
    .Input("dy: float")   // of its shape
    .Output("dx: float")  // dy (Phi(x) + x phi(x))
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class LayerNormOp : public tensorflow::OpKernel {
 public:
  explicit LayerNormOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("eps", &eps_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &weight = ctx->input(1), &bias = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(weight, "weight", 1));
    OP_REQUIRES_OK(ctx, CheckDim(weight, "weight", 0, x.dim_size(1)));
    OP_REQUIRES(ctx, bias.shape() == weight.shape(), Refuse("bias must have the shape of weight"));
    Tensor *out = nullptr, *moments = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &out));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {x.dim_size(0), 2}, &moments));
    const int64_t d = x.dim_size(1);
    const float *in = x.flat<float>().data(), *w = weight.flat<float>().data(), *b = bias.flat<float>().data();
    float *to = out->flat<float>().data(), *m = moments->flat<float>().data();
    ForBlocks(ctx, x.dim_size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) BestMoeKernels().layer_norm(in + r * d, w, b, eps_, d, to + r * d, m + 2 * r);
    });
  }

 private:
  float eps_ = 0;
};

class LayerNormGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &weight = ctx->input(1), &moments = ctx->input(2), &dy = ctx->input(3);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(weight, "weight", 1));
    OP_REQUIRES_OK(ctx, CheckDim(weight, "weight", 0, x.dim_size(1)));
    OP_REQUIRES(ctx, moments.NumElements() == 2 * x.dim_size(0), Refuse("moments must be [rows, 2]"));
    OP_REQUIRES(ctx, dy.shape() == x.shape(), Refuse("dy must have the shape of x"));
    Tensor *dx = nullptr, *dweight = nullptr, *dbias = nullptr, sums;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, weight.shape(), &dweight));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, weight.shape(), &dbias));
    const int64_t rows = x.dim_size(0), d = x.dim_size(1), blocks = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {blocks, 2, d}, &sums));
    const float *in = x.flat<float>().data(), *w = weight.flat<float>().data(), *m = moments.flat<float>().data(), *slopes = dy.flat<float>().data();
    float *to = dx->flat<float>().data(), *parts = sums.flat<float>().data();
    ForBlocks(ctx, rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
      float* own = parts + begin / kRowsAtOnce * 2 * d;
      std::fill(own, own + 2 * d, 0.0f);
      for (int64_t r = begin; r < end; r++) BestMoeKernels().layer_norm_grad(in + r * d, w, m + 2 * r, slopes + r * d, d, to + r * d, own, own + d);
    });
    // In the order of the blocks, whatever the number of threads.
    float *sum_w = dweight->flat<float>().data(), *sum_b = dbias->flat<float>().data();
    std::fill(sum_w, sum_w + d, 0.0f);
    std::fill(sum_b, sum_b + d, 0.0f);
    for (int64_t block = 0; block < blocks; block++) {
      const float* own = parts + block * 2 * d;
      for (int64_t i = 0; i < d; i++) {
        sum_w[i] += own[i];
        sum_b[i] += own[d + i];
      }
    }
  }
};

class GeluOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor& x = ctx->input(0);
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &out));
    const float* in = x.flat<float>().data();
    float* to = out->flat<float>().data();
    ForBlocks(ctx, x.NumElements(), kEntries, [&](int64_t begin, int64_t end) { BestMoeKernels().gelu(in + begin, end - begin, to + begin); });
  }
};

class GeluGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &dy = ctx->input(1);
    OP_REQUIRES(ctx, dy.shape() == x.shape(), Refuse("dy must have the shape of x"));
    Tensor* dx = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &dx));
    const float *in = x.flat<float>().data(), *slopes = dy.flat<float>().data();
    float* to = dx->flat<float>().data();
    ForBlocks(ctx, x.NumElements(), kEntries, [&](int64_t begin, int64_t end) { BestMoeKernels().gelu_grad(in + begin, slopes + begin, end - begin, to + begin); });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeLayerNorm").Device(tensorflow::DEVICE_CPU), LayerNormOp);
REGISTER_KERNEL_BUILDER(Name("LoupeLayerNormGrad").Device(tensorflow::DEVICE_CPU), LayerNormGradOp);
REGISTER_KERNEL_BUILDER(Name("LoupeGelu").Device(tensorflow::DEVICE_CPU), GeluOp);
REGISTER_KERNEL_BUILDER(Name("LoupeGeluGrad").Device(tensorflow::DEVICE_CPU), GeluGradOp);

}  // namespace
}  // namespace loupe
