// LoupeLinear: x W + b over many rows, as training has them, and its gradient: three products and the sum for the bias, over the same kernels as experts.
#include <vector>

#include "moe-kernels.h"
#include "op-support.h"
#include "task-scratch.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeLinear")
    .Input("x: float")         // [rows, in]
    .Input("w: float")         // [in, out], or [out, in] where it lies across
    .Input("b: float")         // [out], or [0]: none
    .Attr("across: bool")
    .Output("y: float")        // [rows, out]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeLinearGrad")
    .Input("x: float")         // as LoupeLinear's
    .Input("w: float")
    .Input("dy: float")        // [rows, out]
    .Attr("across: bool")
    .Output("dx: float")       // the gradients, each of its input's shape
    .Output("dw: float")
    .Output("db: float")       // [out]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

constexpr int64_t kBlock = 96;    // rows of one task, a multiple of every tile's
constexpr int64_t kUnits = 264;   // rows of the weights' gradient of one task, as well
constexpr int64_t kChunks = 8;    // parts of the rows whose sums are added up at the end, so that threads have work where weights are small
constexpr int64_t kLeast = 1024;  // rows of a part
constexpr int64_t kMostPartial = 1 << 24;  // floats of all parts

// The matrix of a product [depth, width] in panels: b is [depth, width], or [width, depth] where it lies across.
void PackMatrix(OpKernelContext* ctx, const float* b, bool across, int64_t depth, int64_t width, float* panels) {
  const int64_t columns = BestMoeKernels().columns, row = (width + columns - 1) / columns * columns;
  ForBlocks(ctx, depth, kDepth, [&](int64_t begin, int64_t end) {
    BestMoeKernels().pack({across ? b + begin : b + begin * width, across ? depth : width, nullptr, across, end - begin, width, panels + begin * row});
  });
}

// c [rows, width] = a [rows, depth] times the panels, plus the bias where there is one.
void Multiply(OpKernelContext* ctx, const float* a, const float* panels, const float* bias, int64_t rows, int64_t depth, int64_t width, float* c) {
  ForBlocks(ctx, rows, kBlock, [&](int64_t begin, int64_t end) {
    const Scratch scratch(ScratchFloats(kBlock));
    if (bias != nullptr) {
      for (int64_t r = begin; r < end; r++) std::copy(bias, bias + width, c + r * width);
    }
    BestMoeKernels().product({a + begin * depth, depth, nullptr, nullptr, false, panels, c + begin * width, width, end - begin, depth, width, bias != nullptr, scratch.data()});
  });
}

class LinearOp : public tensorflow::OpKernel {
 public:
  explicit LinearOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("across", &across_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &w = ctx->input(1), &b = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(w, "w", 2));
    OP_REQUIRES_OK(ctx, CheckDim(w, "w", across_ ? 1 : 0, x.dim_size(1)));
    const int64_t rows = x.dim_size(0), in = x.dim_size(1), out = w.dim_size(across_ ? 0 : 1);
    OP_REQUIRES(ctx, b.NumElements() == 0 || b.NumElements() == out, Refuse("b must have a number for each of the ", out, " columns"));
    Tensor *y = nullptr, panels;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {rows, out}, &y));
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {PanelFloats(in, out)}, &panels));
    PackMatrix(ctx, w.flat<float>().data(), across_, in, out, panels.flat<float>().data());
    Multiply(ctx, x.flat<float>().data(), panels.flat<float>().data(), b.NumElements() == 0 ? nullptr : b.flat<float>().data(), rows, in, out, y->flat<float>().data());
  }

 private:
  bool across_ = false;
};

class LinearGradOp : public tensorflow::OpKernel {
 public:
  explicit LinearGradOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("across", &across_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &w = ctx->input(1), &dy = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(w, "w", 2));
    OP_REQUIRES_OK(ctx, CheckRank(dy, "dy", 2));
    OP_REQUIRES_OK(ctx, CheckDim(w, "w", across_ ? 1 : 0, x.dim_size(1)));
    OP_REQUIRES_OK(ctx, CheckDim(dy, "dy", 0, x.dim_size(0)));
    OP_REQUIRES_OK(ctx, CheckDim(dy, "dy", 1, w.dim_size(across_ ? 0 : 1)));
    const int64_t rows = x.dim_size(0), in = x.dim_size(1), out = dy.dim_size(1);
    Tensor *dx = nullptr, *dw = nullptr, *db = nullptr, panels;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, w.shape(), &dw));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {out}, &db));
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {PanelFloats(out, in)}, &panels));
    PackMatrix(ctx, w.flat<float>().data(), !across_, out, in, panels.flat<float>().data());
    Multiply(ctx, dy.flat<float>().data(), panels.flat<float>().data(), nullptr, rows, out, in, dx->flat<float>().data());
    const float *inputs = x.flat<float>().data(), *slopes = dy.flat<float>().data();
    if (across_) OP_REQUIRES_OK(ctx, Sums(ctx, slopes, inputs, rows, out, in, dw->flat<float>().data()));
    else OP_REQUIRES_OK(ctx, Sums(ctx, inputs, slopes, rows, in, out, dw->flat<float>().data()));
    OP_REQUIRES_OK(ctx, Columns(ctx, slopes, rows, out, db->flat<float>().data()));
  }

 private:
  // c [height, width] = the sum over rows of a(row) b(row)^T; parts of the rows by themselves, then added in order.
  static absl::Status Sums(OpKernelContext* ctx, const float* a, const float* b, int64_t rows, int64_t height, int64_t width, float* c) {
    const int64_t chunks = std::min({kChunks, std::max<int64_t>(1, rows / kLeast), std::max<int64_t>(1, kMostPartial / (height * width))});
    const int64_t chunk = ((rows + chunks - 1) / chunks + kDepth - 1) / kDepth * kDepth, parts = (height + kUnits - 1) / kUnits;
    Tensor partial;
    TF_RETURN_IF_ERROR(ctx->allocate_temp(tensorflow::DT_FLOAT, {(chunks - 1) * height * width}, &partial));
    float* others = partial.flat<float>().data();
    ForBlocks(ctx, chunks * parts, 1, [&](int64_t first, int64_t last) {
      const Scratch scratch(ScratchFloats(kUnits) + PanelFloats(kDepth, width));
      float* panels = scratch.data() + ScratchFloats(kUnits);
      for (int64_t task = first; task < last; task++) {
        const int64_t part = task % parts, at = task / parts, unit = part * kUnits, units = std::min(kUnits, height - unit), begin = at * chunk, end = std::min(rows, begin + chunk);
        float* to = (at == 0 ? c : others + (at - 1) * height * width) + unit * width;
        if (begin >= end) std::fill(to, to + units * width, 0.0f);
        for (int64_t k = begin; k < end; k += kDepth) {
          const int64_t depth = std::min(kDepth, end - k);
          BestMoeKernels().pack({b + k * width, width, nullptr, false, depth, width, panels});
          BestMoeKernels().product({a + k * height + unit, height, nullptr, nullptr, true, panels, to, width, units, depth, width, k > begin, scratch.data()});
        }
      }
    });
    AddUp(ctx, others, chunks - 1, height * width, c);
    return absl::OkStatus();
  }

  // c [n] += each of `count` arrays, in order.
  static void AddUp(OpKernelContext* ctx, const float* others, int64_t count, int64_t n, float* c) {
    if (count == 0) return;
    ForBlocks(ctx, n, 4096, [&](int64_t begin, int64_t end) {
      std::vector<const float*> rows = {c + begin};
      for (int64_t i = 0; i < count; i++) rows.push_back(others + i * n + begin);
      BestMoeKernels().add_rows(rows.data(), static_cast<int>(rows.size()), end - begin, c + begin);
    });
  }

  // The sum of x [rows, n] over its rows.
  static absl::Status Columns(OpKernelContext* ctx, const float* x, int64_t rows, int64_t n, float* sum) {
    constexpr int64_t kRows = 256;
    const int64_t blocks = (rows + kRows - 1) / kRows;
    Tensor partial;
    TF_RETURN_IF_ERROR(ctx->allocate_temp(tensorflow::DT_FLOAT, {blocks, n}, &partial));
    float* parts = partial.flat<float>().data();
    ForBlocks(ctx, rows, kRows, [&](int64_t begin, int64_t end) {
      std::vector<const float*> at(end - begin);
      for (int64_t r = begin; r < end; r++) at[r - begin] = x + r * n;
      BestMoeKernels().add_rows(at.data(), static_cast<int>(at.size()), n, parts + begin / kRows * n);
    });
    std::fill(sum, sum + n, 0.0f);
    AddUp(ctx, parts, blocks, n, sum);
    return absl::OkStatus();
  }

  bool across_ = false;
};

REGISTER_KERNEL_BUILDER(Name("LoupeLinear").Device(tensorflow::DEVICE_CPU), LinearOp);
REGISTER_KERNEL_BUILDER(Name("LoupeLinearGrad").Device(tensorflow::DEVICE_CPU), LinearGradOp);

}  // namespace
}  // namespace loupe
