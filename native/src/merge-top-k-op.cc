// LoupeMergeTopK: the k largest positive pre-activations of each row, merged over blocks of latents.
#include <memory>

#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeMergeTopK")
    .Input("pre: float")             // [rows, block]: x W_enc^T of the latents first .. first + block
    .Input("bias: float")            // [block]
    .Input("held_values: float")     // [rows, k] or [rows, 0]: the selection so far, 0 where a slot is unused
    .Input("held_indices: int32")    // as held_values
    .Output("values: float")         // [rows, k], by ascending index, unused slots last with value 0
    .Output("indices: int32")        // [rows, k], 0 in unused slots
    .Attr("k: int >= 1")
    .Attr("first: int >= 0")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class MergeTopKOp : public tensorflow::OpKernel {
 public:
  explicit MergeTopKOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("k", &k_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("first", &first_));
    OP_REQUIRES(ctx, k_ <= kScratch, Refuse("k is ", k_, ", more than ", kScratch));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &pre = ctx->input(0), &bias = ctx->input(1), &held = ctx->input(2), &held_at = ctx->input(3);
    OP_REQUIRES_OK(ctx, CheckRank(pre, "pre", 2));
    OP_REQUIRES_OK(ctx, CheckRank(bias, "bias", 1));
    OP_REQUIRES_OK(ctx, CheckRank(held, "held_values", 2));
    OP_REQUIRES(ctx, held.shape() == held_at.shape(), Refuse("held_values and held_indices differ in shape"));
    const int64_t rows = pre.dim_size(0), n = pre.dim_size(1), width = held.dim_size(1);
    OP_REQUIRES_OK(ctx, CheckDim(bias, "bias", 0, n));
    OP_REQUIRES_OK(ctx, CheckDim(held, "held_values", 0, rows));
    OP_REQUIRES(ctx, width == 0 || width == k_, Refuse("held_values is ", width, " wide, k is ", k_));
    OP_REQUIRES(ctx, n + first_ <= INT32_MAX, Refuse("more than 2^31 latents"));
    Tensor *values = nullptr, *indices = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {rows, k_}, &values));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {rows, k_}, &indices));
    const RowKernels& kernels = BestRowKernels();
    const float *u = pre.flat<float>().data(), *b = bias.flat<float>().data(), *old = held.flat<float>().data();
    const int32_t* old_at = held_at.flat<int32_t>().data();
    float* out = values->flat<float>().data();
    int32_t* out_at = indices->flat<int32_t>().data();
    const int k = k_, first = first_;
    std::atomic<int64_t> bad_row{-1};
    ForBlocks(ctx, rows, 32, [&](int64_t begin, int64_t end) {
      std::unique_ptr<float[]> scratch(new float[kScratch + k + 16]);
      std::unique_ptr<int32_t[]> scratch_at(new int32_t[kScratch + k + 16]);
      for (int64_t r = begin; r < end; r++) {
        float* v = out + r * k;
        int32_t* at = out_at + r * k;
        int kept = 0;
        for (; kept < width && old[r * k + kept] > 0; kept++) {
          v[kept] = old[r * k + kept];
          at[kept] = old_at[r * k + kept];
        }
        kept = kernels.merge_top_k(u + r * n, b, static_cast<int>(n), first, k, kept, v, at, scratch.get(), scratch_at.get());
        if (kept < 0) bad_row = r;
        for (int s = std::max(kept, 0); s < k; s++) v[s] = 0, at[s] = 0;
      }
    });
    OP_REQUIRES(ctx, bad_row < 0, Refuse("NOT_FINITE row ", bad_row.load()));
  }

 private:
  int k_ = 0;
  int first_ = 0;
};

REGISTER_KERNEL_BUILDER(Name("LoupeMergeTopK").Device(tensorflow::DEVICE_CPU), MergeTopKOp);

}  // namespace
}  // namespace loupe
