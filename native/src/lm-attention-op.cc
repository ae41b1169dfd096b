// LoupeAttention: rotary embedding and causal attention of all heads in one pass, without a [length, length] tensor.
#include "lm-kernels.h"
#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeAttention")
    .Input("qkv: float")        // [batch * length, (heads + 2 kv_heads) * d_head]
    .Input("cos: float")        // [length, d_head / 2], or [0, 0]: no rotation
    .Input("sin: float")        // as cos
    .Input("documents: int32")  // [batch * length]: attention stays within equal numbers; or [0]
    .Attr("batch: int")
    .Attr("length: int")
    .Attr("heads: int")
    .Attr("kv_heads: int")
    .Output("z: float")         // [batch * length, heads * d_head]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class AttentionOp : public tensorflow::OpKernel {
 public:
  explicit AttentionOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("batch", &batch_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("length", &length_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("kv_heads", &kv_heads_));
    OP_REQUIRES(ctx, batch_ > 0 && length_ > 0 && heads_ > 0 && kv_heads_ > 0 && heads_ % kv_heads_ == 0,
                tensorflow::errors::InvalidArgument("batch, length, heads and kv_heads must be positive, heads a multiple of kv_heads"));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &qkv = ctx->input(0), &cos = ctx->input(1), &sin = ctx->input(2), &documents = ctx->input(3);
    OP_REQUIRES_OK(ctx, CheckRank(qkv, "qkv", 2));
    OP_REQUIRES_OK(ctx, CheckDim(qkv, "qkv", 0, batch_ * length_));
    const int64_t row = qkv.dim_size(1), columns = heads_ + 2 * kv_heads_;
    OP_REQUIRES(ctx, row % columns == 0, tensorflow::errors::InvalidArgument("qkv has ", row, " columns, no multiple of ", columns));
    const int64_t d = row / columns;
    const bool turn = cos.NumElements() > 0, isolate = documents.NumElements() > 0;
    if (turn) {
      for (const Tensor* table : {&cos, &sin}) {
        OP_REQUIRES_OK(ctx, CheckRank(*table, "cos and sin", 2));
        OP_REQUIRES_OK(ctx, CheckDim(*table, "cos and sin", 0, length_));
        OP_REQUIRES_OK(ctx, CheckDim(*table, "cos and sin", 1, d / 2));
      }
      OP_REQUIRES(ctx, d % 2 == 0, tensorflow::errors::InvalidArgument("rotation needs an even d_head, not ", d));
    }
    if (isolate) OP_REQUIRES(ctx, documents.NumElements() == batch_ * length_, tensorflow::errors::InvalidArgument("documents must have a number for each token"));
    Tensor *z = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {batch_ * length_, heads_ * d}, &z));
    const LmKernels& kernels = BestLmKernels();
    const int64_t group = heads_ / kv_heads_;
    const float* in = qkv.flat<float>().data();
    float* out = z->flat<float>().data();
    const int64_t floats = AttentionScratch(length_, d);
    // A task is one group of heads of one row of the batch.
    ForBlocks(ctx, batch_ * kv_heads_, 1, [&](int64_t begin, int64_t end) {
      float* scratch = static_cast<float*>(tsl::port::AlignedMalloc(sizeof(float) * floats, static_cast<std::align_val_t>(64)));
      for (int64_t item = begin; item < end; item++) {
        const int64_t b = item / kv_heads_, g = item % kv_heads_;
        const float* first = in + b * length_ * row;
        kernels.attention({row, first + g * group * d, first + (heads_ + g) * d, first + (heads_ + kv_heads_ + g) * d,
                           out + b * length_ * heads_ * d + g * group * d, heads_ * d, static_cast<int>(length_),
                           static_cast<int>(group), static_cast<int>(d), turn ? cos.flat<float>().data() : nullptr,
                           turn ? sin.flat<float>().data() : nullptr,
                           isolate ? documents.flat<int32_t>().data() + b * length_ : nullptr, scratch});
      }
      tsl::port::AlignedFree(scratch);
    });
  }

 private:
  int64_t batch_ = 0, length_ = 0, heads_ = 0, kv_heads_ = 0;
};

REGISTER_KERNEL_BUILDER(Name("LoupeAttention").Device(tensorflow::DEVICE_CPU), AttentionOp);

}  // namespace
}  // namespace loupe
