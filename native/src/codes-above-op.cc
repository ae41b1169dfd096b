// LoupeCodesAbove: the pre-activations of a block of rows that lie above a bound, as sparse codes.
#include <memory>
#include <vector>

#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeCodesAbove")
    .Input("pre: float")       // [rows, latents]: x W_enc^T
    .Input("bias: float")      // [latents]
    .Input("bound: float")     // [latents]
    .Output("values: float")   // [entries]: pre + bias where that is strictly above bound
    .Output("indices: int32")  // [entries], ascending within a row
    .Output("offsets: int32")  // [rows + 1]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

constexpr int64_t kRowsOfBlock = 16;

// The entries of some consecutive rows, in arrays that grow.
struct Entries {
  std::unique_ptr<float[]> values;
  std::unique_ptr<int32_t[]> indices;
  int64_t count = 0, room = 0;

  void Reserve(int64_t more) {
    if (count + more <= room) return;
    const int64_t larger = std::max(2 * room, count + more);
    std::unique_ptr<float[]> v(new float[larger]);
    std::unique_ptr<int32_t[]> at(new int32_t[larger]);
    std::copy_n(values.get(), count, v.get());
    std::copy_n(indices.get(), count, at.get());
    values = std::move(v);
    indices = std::move(at);
    room = larger;
  }
};

class CodesAboveOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &pre = ctx->input(0), &bias = ctx->input(1), &bound = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(pre, "pre", 2));
    OP_REQUIRES_OK(ctx, CheckRank(bias, "bias", 1));
    OP_REQUIRES_OK(ctx, CheckRank(bound, "bound", 1));
    const int64_t rows = pre.dim_size(0), n = pre.dim_size(1);
    OP_REQUIRES_OK(ctx, CheckDim(bias, "bias", 0, n));
    OP_REQUIRES_OK(ctx, CheckDim(bound, "bound", 0, n));
    OP_REQUIRES(ctx, rows * n <= INT32_MAX, Refuse("more than 2^31 pre-activations at once"));
    Tensor* offsets = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {rows + 1}, &offsets));
    int32_t* ends = offsets->flat<int32_t>().data();
    std::vector<Entries> parts((rows + kRowsOfBlock - 1) / kRowsOfBlock);
    const int64_t bad = Collect(ctx, parts, ends + 1);
    OP_REQUIRES(ctx, bad < 0, Refuse("NOT_FINITE row ", bad));
    ends[0] = 0;
    for (int64_t r = 0; r < rows; r++) ends[r + 1] += ends[r];
    Tensor *values = nullptr, *indices = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {ends[rows]}, &values));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {ends[rows]}, &indices));
    ForBlocks(ctx, static_cast<int64_t>(parts.size()), 1, [&](int64_t part, int64_t) {
      const int64_t to = ends[part * kRowsOfBlock];
      std::copy_n(parts[part].values.get(), parts[part].count, values->flat<float>().data() + to);
      std::copy_n(parts[part].indices.get(), parts[part].count, indices->flat<int32_t>().data() + to);
    });
  }

 private:
  // Fills the parts, and the number of entries of each row; returns a row that is not finite, or -1.
  static int64_t Collect(OpKernelContext* ctx, std::vector<Entries>& parts, int32_t* counts) {
    const RowKernels& kernels = BestRowKernels();
    const Tensor& pre = ctx->input(0);
    const int64_t rows = pre.dim_size(0), n = pre.dim_size(1);
    const float *u = pre.flat<float>().data(), *b = ctx->input(1).flat<float>().data(), *t = ctx->input(2).flat<float>().data();
    std::atomic<int64_t> bad{-1};
    ForBlocks(ctx, rows, kRowsOfBlock, [&](int64_t begin, int64_t end) {
      Entries& part = parts[begin / kRowsOfBlock];
      for (int64_t r = begin; r < end; r++) {
        part.Reserve(n + 16);
        const int found = kernels.compact_above(u + r * n, b, t, static_cast<int>(n), part.values.get() + part.count,
                                                part.indices.get() + part.count);
        if (found < 0) bad = r;
        counts[r] = std::max(found, 0);
        part.count += counts[r];
      }
    });
    return bad;
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeCodesAbove").Device(tensorflow::DEVICE_CPU), CodesAboveOp);

}  // namespace
}  // namespace loupe
