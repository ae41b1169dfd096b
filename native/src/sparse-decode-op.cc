// LoupeSparseDecode: reconstruction errors of sparse codes, and the gradient of their values, without a dense code.
#include <vector>

#include "sparse-codes.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

// With groups of latents ending at ends[g], e_g = bias + sum of the entries below ends[g] - x, and the loss is
// scale / 2 * sum_g weights[g] |e_g|^2: its gradient with respect to an entry of group h is that of error[h] = sum_{g >= h} weights[g] e_g.
REGISTER_OP("LoupeSparseDecode")
    .Input("values: float")           // [entries]
    .Input("indices: int32")          // [entries], ascending within a row where there are several groups
    .Input("offsets: int32")          // [rows + 1]
    .Input("decoder: float")          // [latents, d]
    .Input("bias: float")             // [d]
    .Input("x: float")                // [rows, d]
    .Input("ends: int32")             // [groups]
    .Input("weights: float")          // [groups]
    .Input("scale: float")            // []: factor of value_gradients
    .Output("error: float")           // [groups, rows, d]
    .Output("value_gradients: float") // [entries]: scale * error[group] . decoder[index] where value > 0, or everywhere
    .Output("row_errors: float")      // [groups, rows]: |e_g|^2
    .Attr("all: bool")                // gradients of entries of value 0 too
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class SparseDecodeOp : public tensorflow::OpKernel {
 public:
  explicit SparseDecodeOp(OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("all", &all_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &decoder = ctx->input(3), &bias = ctx->input(4), &x = ctx->input(5), &ends = ctx->input(6),
                 &weights = ctx->input(7), &scale = ctx->input(8);
    OP_REQUIRES_OK(ctx, CheckRank(decoder, "decoder", 2));
    OP_REQUIRES_OK(ctx, CheckRank(bias, "bias", 1));
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(scale, "scale", 0));
    Work work;
    OP_REQUIRES_OK(ctx, ReadCodes(ctx, 0, decoder.dim_size(0), &work.codes));
    OP_REQUIRES_OK(ctx, ReadEnds(ends, decoder.dim_size(0), &work.ends));
    work.groups = ends.NumElements();
    work.d = static_cast<int>(decoder.dim_size(1));
    OP_REQUIRES(ctx, weights.NumElements() == work.groups, Refuse("weights must have ", work.groups, " entries"));
    OP_REQUIRES_OK(ctx, CheckDim(bias, "bias", 0, work.d));
    OP_REQUIRES_OK(ctx, CheckDim(x, "x", 0, work.codes.rows));
    OP_REQUIRES_OK(ctx, CheckDim(x, "x", 1, work.d));
    Tensor *error = nullptr, *gradients = nullptr, *row_errors = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {work.groups, work.codes.rows, work.d}, &error));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {work.codes.entries}, &gradients));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {work.groups, work.codes.rows}, &row_errors));
    work.decoder = decoder.flat<float>().data();
    work.bias = bias.flat<float>().data();
    work.x = x.flat<float>().data();
    work.weights = weights.flat<float>().data();
    work.scale = scale.scalar<float>()();
    work.error = error->flat<float>().data();
    work.gradients = gradients->flat<float>().data();
    work.row_errors = row_errors->flat<float>().data();
    ForBlocks(ctx, work.codes.rows, 16, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) DecodeRow(work, r);
    });
  }

 private:
  struct Work {
    SparseCodes codes;
    int64_t groups;
    int d;
    const int32_t* ends;
    const float *decoder, *bias, *x, *weights;
    float scale;
    float *error, *gradients, *row_errors;
    float* ErrorOf(int64_t group, int64_t row) const { return error + (group * codes.rows + row) * d; }
  };

  void DecodeRow(const Work& work, int64_t r) const {
    const RowKernels& kernels = BestRowKernels();
    const SparseCodes& codes = work.codes;
    const int32_t last = codes.offsets[r + 1];
    std::vector<int32_t> begins(work.groups + 1, codes.offsets[r]);
    for (int64_t g = 0; g < work.groups; g++) {
      float* e = work.ErrorOf(g, r);
      if (g == 0) kernels.subtract(work.bias, work.x + r * work.d, work.d, e);
      else std::copy_n(work.ErrorOf(g - 1, r), work.d, e);
      int32_t end = g + 1 == work.groups ? last : begins[g];
      while (end < last && codes.indices[end] < work.ends[g]) end++;
      begins[g + 1] = end;
      // unused slots of a fixed number of entries stand last
      int used = end - begins[g];
      while (used > 0 && codes.values[begins[g] + used - 1] == 0) used--;
      kernels.add_gathered(work.decoder, codes.indices + begins[g], codes.values + begins[g], used, work.d, e);
      work.row_errors[g * codes.rows + r] = static_cast<float>(kernels.square(e, work.d));
    }
    for (int64_t g = work.groups - 1; g >= 0; g--) {
      float* e = work.ErrorOf(g, r);
      if (work.weights[g] != 1) kernels.scale(work.weights[g], work.d, e);
      if (g + 1 < work.groups) kernels.add_scaled(1, work.ErrorOf(g + 1, r), work.d, e);
      const int32_t at = begins[g];
      kernels.value_gradients(work.decoder, e, codes.indices + at, codes.values + at, begins[g + 1] - at, work.d, work.scale, all_,
                              work.gradients + at);
    }
  }

  bool all_ = false;
};

REGISTER_KERNEL_BUILDER(Name("LoupeSparseDecode").Device(tensorflow::DEVICE_CPU), SparseDecodeOp);

}  // namespace
}  // namespace loupe
