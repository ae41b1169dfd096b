// Monet's adaptive gates and their gradient, the statistics that they are normalised by, and what the auxiliary losses read of them:
// LoupeMonetMoments, LoupeMonetGates, LoupeMonetGatesGrad, LoupeMonetUse, LoupeMonetUseGrad.
#include <cmath>
#include <vector>

#include "monet-kernels.h"
#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

constexpr int64_t kTokensAtOnce = 64;
constexpr float kEpsilon = 1e-5f;  // added to the variance, as in gates.ts

REGISTER_OP("LoupeMonetMoments")
    .Input("logits: float")     // [tokens, heads, s]
    .Output("mean: float")      // [heads], over tokens and sub-experts
    .Output("variance: float")  // [heads], of the population
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetGates")
    .Input("logits: float")    // [tokens, heads, s]
    .Input("mean: float")      // [heads]
    .Input("variance: float")  // [heads]
    .Attr("threshold: float")
    .Output("gates: float")    // as logits
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetGatesGrad")
    .Input("gates: float")   // [tokens, heads, s]
    .Input("slopes: float")  // as gates: the gradient with respect to them
    .Output("out: float")    // as gates: with respect to the logits
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetUse")
    .Input("gates: float")  // [tokens, heads, s]
    .Output("use: float")   // [heads * s + 2]: means over tokens; of each gate, of a head's largest, of how many a head lets through
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetUseGrad")
    .Input("gates: float")   // [tokens, heads, s]
    .Input("slopes: float")  // [heads * s + 2], the last is not read
    .Output("out: float")    // as gates; 0 where a gate is 0
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

struct Shape {
  int64_t tokens, heads, s;
};

absl::Status CheckGates(const Tensor& gates, const char* name, Shape* shape) {
  TF_RETURN_IF_ERROR(CheckRank(gates, name, 3));
  *shape = {gates.dim_size(0), gates.dim_size(1), gates.dim_size(2)};
  if (shape->tokens < 1 || shape->heads < 1 || shape->s < 1) return Refuse(name, " must not be empty, but is ", gates.shape().DebugString());
  if (shape->heads * shape->s > (int64_t{1} << 30)) return Refuse(name, " has too many gates a token: ", gates.shape().DebugString());
  return absl::OkStatus();
}

class MomentsOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    Shape shape;
    OP_REQUIRES_OK(ctx, CheckGates(ctx->input(0), "logits", &shape));
    Tensor *mean = nullptr, *variance = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {shape.heads}, &mean));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {shape.heads}, &variance));
    const float* z = ctx->input(0).flat<float>().data();
    const int64_t blocks = (shape.tokens + kTokensAtOnce - 1) / kTokensAtOnce;
    // Sums of a block, then in order of the blocks: squares of float32 are exact in float64, so one pass is enough.
    std::vector<double> sums(blocks * shape.heads), squares(blocks * shape.heads);
    ForBlocks(ctx, shape.tokens, kTokensAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; t++) {
        for (int64_t h = 0; h < shape.heads; h++) {
          const float* row = z + (t * shape.heads + h) * shape.s;
          double sum[4] = {}, square[4] = {};
          for (int64_t i = 0; i < shape.s; i++) {
            const double value = row[i];
            sum[i & 3] += value;
            square[i & 3] += value * value;
          }
          const int64_t at = begin / kTokensAtOnce * shape.heads + h;
          sums[at] += (sum[0] + sum[1]) + (sum[2] + sum[3]);
          squares[at] += (square[0] + square[1]) + (square[2] + square[3]);
        }
      }
    });
    const double count = static_cast<double>(shape.tokens) * static_cast<double>(shape.s);
    for (int64_t h = 0; h < shape.heads; h++) {
      double sum = 0, square = 0;
      for (int64_t b = 0; b < blocks; b++) {
        sum += sums[b * shape.heads + h];
        square += squares[b * shape.heads + h];
      }
      const double centre = sum / count, spread = square / count - centre * centre;
      mean->flat<float>()(h) = static_cast<float>(centre);
      variance->flat<float>()(h) = static_cast<float>(spread < 0 ? 0 : spread);
    }
  }
};

class GatesOp : public tensorflow::OpKernel {
 public:
  explicit GatesOp(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("threshold", &threshold_)); }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &logits = ctx->input(0), &mean = ctx->input(1), &variance = ctx->input(2);
    Shape shape;
    OP_REQUIRES_OK(ctx, CheckGates(logits, "logits", &shape));
    OP_REQUIRES_OK(ctx, CheckRank(mean, "mean", 1));
    OP_REQUIRES_OK(ctx, CheckDim(mean, "mean", 0, shape.heads));
    OP_REQUIRES_OK(ctx, CheckRank(variance, "variance", 1));
    OP_REQUIRES_OK(ctx, CheckDim(variance, "variance", 0, shape.heads));
    Tensor* gates = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, logits.shape(), &gates));
    const MonetKernels& kernels = BestMonetKernels();
    const float *z = logits.flat<float>().data(), *centre = mean.flat<float>().data(), *spread = variance.flat<float>().data();
    float* to = gates->flat<float>().data();
    ForBlocks(ctx, shape.tokens, kTokensAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * shape.heads; row < end * shape.heads; row++) {
        const int64_t h = row % shape.heads;
        kernels.gates(z + row * shape.s, static_cast<int>(shape.s), centre[h], std::sqrt(spread[h] + kEpsilon), threshold_, to + row * shape.s);
      }
    });
  }

 private:
  float threshold_ = 0;
};

class GatesGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &gates = ctx->input(0), &slopes = ctx->input(1);
    Shape shape;
    OP_REQUIRES_OK(ctx, CheckGates(gates, "gates", &shape));
    OP_REQUIRES(ctx, gates.shape() == slopes.shape(), tensorflow::errors::InvalidArgument("gates and slopes differ in shape"));
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, gates.shape(), &out));
    const MonetKernels& kernels = BestMonetKernels();
    const float *g = gates.flat<float>().data(), *dg = slopes.flat<float>().data();
    float* to = out->flat<float>().data();
    ForBlocks(ctx, shape.tokens, kTokensAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * shape.heads; row < end * shape.heads; row++) {
        kernels.gates_gradient(g + row * shape.s, dg + row * shape.s, static_cast<int>(shape.s), to + row * shape.s);
      }
    });
  }
};

float LargestOf(const float* row, int64_t count) {
  float most = row[0];
  for (int64_t i = 1; i < count; i++) most = row[i] > most ? row[i] : most;
  return most;
}

class UseOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor& gates = ctx->input(0);
    Shape shape;
    OP_REQUIRES_OK(ctx, CheckGates(gates, "gates", &shape));
    const int64_t width = shape.heads * shape.s, blocks = (shape.tokens + kTokensAtOnce - 1) / kTokensAtOnce;
    Tensor* use = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {width + 2}, &use));
    const float* g = gates.flat<float>().data();
    std::vector<float> sums(blocks * (width + 2), 0.0f);
    ForBlocks(ctx, shape.tokens, kTokensAtOnce, [&](int64_t begin, int64_t end) {
      float* sum = sums.data() + begin / kTokensAtOnce * (width + 2);
      int64_t some = 0;
      for (int64_t t = begin; t < end; t++) {
        const float* row = g + t * width;
        for (int64_t i = 0; i < width; i++) {
          sum[i] += row[i];
          some += row[i] > 0;
        }
        for (int64_t h = 0; h < shape.heads; h++) sum[width] += LargestOf(row + h * shape.s, shape.s);
      }
      sum[width + 1] = static_cast<float>(some);
    });
    const double tokens = static_cast<double>(shape.tokens), rows = tokens * static_cast<double>(shape.heads);
    std::vector<double> totals(width + 2, 0.0);
    for (int64_t b = 0; b < blocks; b++) {
      for (int64_t i = 0; i < width + 2; i++) totals[i] += sums[b * (width + 2) + i];
    }
    for (int64_t i = 0; i < width + 2; i++) use->flat<float>()(i) = static_cast<float>(totals[i] / (i < width ? tokens : rows));
  }
};

class UseGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &gates = ctx->input(0), &slopes = ctx->input(1);
    Shape shape;
    OP_REQUIRES_OK(ctx, CheckGates(gates, "gates", &shape));
    const int64_t width = shape.heads * shape.s;
    OP_REQUIRES_OK(ctx, CheckRank(slopes, "slopes", 1));
    OP_REQUIRES_OK(ctx, CheckDim(slopes, "slopes", 0, width + 2));
    Tensor* out = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, gates.shape(), &out));
    const float *g = gates.flat<float>().data(), *slope = slopes.flat<float>().data();
    float* to = out->flat<float>().data();
    const float of_mean = 1.0f / static_cast<float>(shape.tokens), of_largest = slope[width] / static_cast<float>(shape.tokens * shape.heads);
    ForBlocks(ctx, shape.tokens, kTokensAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * shape.heads; row < end * shape.heads; row++) {
        const float *from = g + row * shape.s, *means = slope + row % shape.heads * shape.s;
        const float most = LargestOf(from, shape.s);
        for (int64_t i = 0; i < shape.s; i++) to[row * shape.s + i] = from[i] == 0 ? 0 : means[i] * of_mean + (from[i] == most ? of_largest : 0);
      }
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeMonetMoments").Device(tensorflow::DEVICE_CPU), MomentsOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetGates").Device(tensorflow::DEVICE_CPU), GatesOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetGatesGrad").Device(tensorflow::DEVICE_CPU), GatesGradOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetUse").Device(tensorflow::DEVICE_CPU), UseOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetUseGrad").Device(tensorflow::DEVICE_CPU), UseGradOp);

}  // namespace
}  // namespace loupe
