// LoupeAttention: rotary embedding and causal attention of all heads in one pass, without a [length, length] tensor; and its gradient.
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

REGISTER_OP("LoupeAttentionGrad")
    .Input("qkv: float")        // as LoupeAttention's
    .Input("cos: float")
    .Input("sin: float")
    .Input("documents: int32")
    .Input("dz: float")         // [batch * length, heads * d_head]
    .Attr("batch: int")
    .Attr("length: int")
    .Attr("heads: int")
    .Attr("kv_heads: int")
    .Output("dqkv: float")      // as qkv
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// What both ops have in common: attributes, checked inputs, one task for each group of heads of one row of the batch.
class AttentionBase : public tensorflow::OpKernel {
 public:
  explicit AttentionBase(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("batch", &batch_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("length", &length_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("kv_heads", &kv_heads_));
    OP_REQUIRES(ctx, batch_ > 0 && length_ > 0 && heads_ > 0 && kv_heads_ > 0 && heads_ % kv_heads_ == 0,
                tensorflow::errors::InvalidArgument("batch, length, heads and kv_heads must be positive, heads a multiple of kv_heads"));
  }

 protected:
  // Sets d, the width of a head.
  absl::Status Check(OpKernelContext* ctx, int64_t* d) const {
    const Tensor &qkv = ctx->input(0), &cos = ctx->input(1), &sin = ctx->input(2), &documents = ctx->input(3);
    TF_RETURN_IF_ERROR(CheckRank(qkv, "qkv", 2));
    TF_RETURN_IF_ERROR(CheckDim(qkv, "qkv", 0, batch_ * length_));
    const int64_t row = qkv.dim_size(1), columns = heads_ + 2 * kv_heads_;
    if (row % columns != 0) return Refuse("qkv has ", row, " columns, no multiple of ", columns);
    *d = row / columns;
    if (cos.NumElements() > 0) {
      for (const Tensor* table : {&cos, &sin}) {
        TF_RETURN_IF_ERROR(CheckRank(*table, "cos and sin", 2));
        TF_RETURN_IF_ERROR(CheckDim(*table, "cos and sin", 0, length_));
        TF_RETURN_IF_ERROR(CheckDim(*table, "cos and sin", 1, *d / 2));
      }
      if (*d % 2 != 0) return Refuse("rotation needs an even d_head, not ", *d);
    }
    if (documents.NumElements() > 0 && documents.NumElements() != batch_ * length_) return Refuse("documents must have a number for each token");
    return absl::OkStatus();
  }

  // Calls work(task, b, g) for each group g of heads of each row b of the batch, with `floats` of scratch.
  void ForGroups(OpKernelContext* ctx, int64_t d, int64_t floats, const std::function<void(const AttentionTask&, int64_t, int64_t)>& work) const {
    const Tensor &qkv = ctx->input(0), &cos = ctx->input(1), &sin = ctx->input(2), &documents = ctx->input(3);
    const int64_t row = qkv.dim_size(1), group = heads_ / kv_heads_;
    const float* in = qkv.flat<float>().data();
    const bool turn = cos.NumElements() > 0;
    ForBlocks(ctx, batch_ * kv_heads_, 1, [&](int64_t begin, int64_t end) {
      float* scratch = static_cast<float*>(tsl::port::AlignedMalloc(sizeof(float) * floats, static_cast<std::align_val_t>(64)));
      for (int64_t item = begin; item < end; item++) {
        const int64_t b = item / kv_heads_, g = item % kv_heads_;
        const float* first = in + b * length_ * row;
        work({row, first + g * group * d, first + (heads_ + g) * d, first + (heads_ + kv_heads_ + g) * d, nullptr, heads_ * d,
              static_cast<int>(length_), static_cast<int>(group), static_cast<int>(d), turn ? cos.flat<float>().data() : nullptr,
              turn ? sin.flat<float>().data() : nullptr,
              documents.NumElements() > 0 ? documents.flat<int32_t>().data() + b * length_ : nullptr, scratch}, b, g);
      }
      tsl::port::AlignedFree(scratch);
    });
  }

  int64_t batch_ = 0, length_ = 0, heads_ = 0, kv_heads_ = 0;
};

class AttentionOp : public AttentionBase {
 public:
  using AttentionBase::AttentionBase;

  void Compute(OpKernelContext* ctx) override {
    int64_t d = 0;
    OP_REQUIRES_OK(ctx, Check(ctx, &d));
    Tensor* z = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {batch_ * length_, heads_ * d}, &z));
    const LmKernels& kernels = BestLmKernels();
    float* out = z->flat<float>().data();
    ForGroups(ctx, d, AttentionScratch(length_, d), [&](AttentionTask task, int64_t b, int64_t g) {
      task.z = out + b * length_ * heads_ * d + g * task.heads * d;
      kernels.attention(task);
    });
  }
};

class AttentionGradOp : public AttentionBase {
 public:
  using AttentionBase::AttentionBase;

  void Compute(OpKernelContext* ctx) override {
    int64_t d = 0;
    OP_REQUIRES_OK(ctx, Check(ctx, &d));
    const Tensor& dz = ctx->input(4);
    OP_REQUIRES_OK(ctx, CheckRank(dz, "dz", 2));
    OP_REQUIRES_OK(ctx, CheckDim(dz, "dz", 0, batch_ * length_));
    OP_REQUIRES_OK(ctx, CheckDim(dz, "dz", 1, heads_ * d));
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, ctx->input(0).shape(), &out));
    const LmKernels& kernels = BestLmKernels();
    const float* slopes = dz.flat<float>().data();
    float* dqkv = out->flat<float>().data();
    ForGroups(ctx, d, AttentionGradScratch(length_, d), [&](const AttentionTask& task, int64_t b, int64_t g) {
      float* first = dqkv + b * length_ * task.row;
      kernels.attention_grad({task, slopes + b * length_ * task.z_row + g * task.heads * d, task.row, first + g * task.heads * d,
                              first + (heads_ + g) * d, first + (heads_ + kv_heads_ + g) * d});
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeAttention").Device(tensorflow::DEVICE_CPU), AttentionOp);
REGISTER_KERNEL_BUILDER(Name("LoupeAttentionGrad").Device(tensorflow::DEVICE_CPU), AttentionGradOp);

}  // namespace
}  // namespace loupe
