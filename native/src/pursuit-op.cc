// LoupePursue: matching pursuit of each row over atoms whose Gram matrix is known, and LoupePursuitGradient: the loop backwards.
#include <cmath>
#include <memory>
#include <vector>

#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupePursue")
    .Input("x: float")             // [rows, d]
    .Input("atoms: float")         // [atoms, d], of norm 1
    .Input("gram: float")          // [atoms, atoms]
    .Input("correlations: float")  // [rows, atoms]: x . atom
    .Input("tolerance: float")     // [rows]: a row stops once the norm of its residual is below this
    .Output("coefficients: float") // [rows, steps]; 0 once a row has stopped
    .Output("chosen: int32")       // [rows, steps]; 0 once a row has stopped
    .Output("residual: float")     // [rows, d]
    .Attr("steps: int >= 1")
    .Attr("magnitude: bool")       // by |correlation|, with signs; otherwise the largest positive one, and a row without one stops
    .Attr("until_repeat: bool")    // a row ends with the step that chooses an atom again
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupePursuitGradient")
    .Input("coefficients: float")  // [rows, steps]
    .Input("chosen: int32")        // [rows, steps]
    .Input("residual: float")      // [rows, d]
    .Input("atoms: float")         // [atoms, d]
    .Input("d_residual: float")    // [rows, d]
    .Output("d_x: float")          // [rows, d]
    .Output("d_atoms: float")      // [atoms, d]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class PursueOp : public tensorflow::OpKernel {
 public:
  explicit PursueOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("steps", &steps_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("magnitude", &magnitude_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("until_repeat", &until_repeat_));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &atoms = ctx->input(1), &gram = ctx->input(2), &correlations = ctx->input(3), &tolerance = ctx->input(4);
    OP_REQUIRES_OK(ctx, CheckRank(x, "x", 2));
    OP_REQUIRES_OK(ctx, CheckRank(atoms, "atoms", 2));
    const int64_t rows = x.dim_size(0), d = x.dim_size(1), n = atoms.dim_size(0);
    OP_REQUIRES(ctx, n >= 1 && n <= INT32_MAX, Refuse("there are ", n, " atoms"));
    OP_REQUIRES_OK(ctx, CheckDim(atoms, "atoms", 1, d));
    OP_REQUIRES(ctx, gram.shape() == tensorflow::TensorShape({n, n}), Refuse("gram must be [", n, ", ", n, "], not ", gram.shape().DebugString()));
    OP_REQUIRES(ctx, correlations.shape() == tensorflow::TensorShape({rows, n}), Refuse("correlations must be [", rows, ", ", n, "], not ", correlations.shape().DebugString()));
    OP_REQUIRES(ctx, tolerance.NumElements() == rows, Refuse("tolerance must have ", rows, " entries"));
    Tensor *coefficients = nullptr, *chosen = nullptr, *residual = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {rows, steps_}, &coefficients));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {rows, steps_}, &chosen));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {rows, d}, &residual));
    const Work work = {static_cast<int>(d), static_cast<int>(n), atoms.flat<float>().data(), gram.flat<float>().data()};
    const float *in = x.flat<float>().data(), *c = correlations.flat<float>().data(), *limit = tolerance.flat<float>().data();
    float *out = coefficients->flat<float>().data(), *rest = residual->flat<float>().data();
    int32_t* at = chosen->flat<int32_t>().data();
    std::atomic<int64_t> bad{-1};
    ForBlocks(ctx, rows, 8, [&](int64_t begin, int64_t end) {
      std::unique_ptr<float[]> own(new float[n]);
      for (int64_t r = begin; r < end; r++) {
        std::copy_n(c + r * n, n, own.get());
        std::copy_n(in + r * d, d, rest + r * d);
        if (!PursueRow(work, own.get(), limit[r], out + r * steps_, at + r * steps_, rest + r * d)) bad = r;
      }
    });
    OP_REQUIRES(ctx, bad < 0, Refuse("NOT_FINITE row ", bad.load()));
  }

 private:
  struct Work {
    int d, n;
    const float *atoms, *gram;
  };

  // Returns whether all was finite.
  bool PursueRow(const Work& work, float* correlations, float limit, float* coefficients, int32_t* chosen, float* residual) const {
    const RowKernels& kernels = BestRowKernels();
    std::fill_n(coefficients, steps_, 0.0f);
    std::fill_n(chosen, steps_, 0);
    // a row of the Gram matrix times 0 changes nothing: this only looks for the largest
    int best = kernels.take_atom(work.gram, 0, work.n, magnitude_, correlations);
    for (int step = 0; step < steps_; step++) {
      const float* atom = work.atoms + best * static_cast<int64_t>(work.d);
      // from the residual itself: updated correlations drift by rounding
      const float coefficient = static_cast<float>(kernels.dot(residual, atom, work.d));
      if (!std::isfinite(coefficient)) return false;
      if (coefficient == 0 || (!magnitude_ && coefficient < 0)) return true;
      coefficients[step] = coefficient;
      chosen[step] = best;
      kernels.add_scaled(-coefficient, atom, work.d, residual);
      if (step + 1 == steps_ || std::sqrt(kernels.square(residual, work.d)) < limit) return true;
      if (until_repeat_ && std::find(chosen, chosen + step, best) != chosen + step) return true;
      best = kernels.take_atom(work.gram + best * static_cast<int64_t>(work.n), coefficient, work.n, magnitude_, correlations);
    }
    return true;
  }

  int64_t steps_ = 1;
  bool magnitude_ = false, until_repeat_ = false;
};

// d loss / d (x, atoms) where the loss is a function of the residual. Rows are taken in chunks: the gradient that each choice sends to its
// atom is written down, and then summed atom by atom, in an order that does not depend on the number of threads.
class PursuitGradientOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &coefficients = ctx->input(0), &chosen = ctx->input(1), &residual = ctx->input(2), &atoms = ctx->input(3), &given = ctx->input(4);
    OP_REQUIRES_OK(ctx, CheckRank(coefficients, "coefficients", 2));
    OP_REQUIRES_OK(ctx, CheckRank(residual, "residual", 2));
    OP_REQUIRES_OK(ctx, CheckRank(atoms, "atoms", 2));
    Work work;
    work.steps = coefficients.dim_size(1);
    work.d = residual.dim_size(1);
    const int64_t rows = coefficients.dim_size(0), n = atoms.dim_size(0);
    OP_REQUIRES(ctx, chosen.shape() == coefficients.shape(), Refuse("coefficients and chosen differ in shape"));
    OP_REQUIRES(ctx, given.shape() == residual.shape() && residual.dim_size(0) == rows, Refuse("residual and d_residual must have ", rows, " rows"));
    OP_REQUIRES_OK(ctx, CheckDim(atoms, "atoms", 1, work.d));
    OP_REQUIRES_OK(ctx, CheckIndices(chosen, "chosen", n));
    Tensor *d_x = nullptr, *d_atoms = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, residual.shape(), &d_x));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, atoms.shape(), &d_atoms));
    work.coefficients = coefficients.flat<float>().data();
    work.chosen = chosen.flat<int32_t>().data();
    work.residual = residual.flat<float>().data();
    work.atoms = atoms.flat<float>().data();
    work.d_x = d_x->flat<float>().data();
    work.d_atoms = d_atoms->flat<float>().data();
    std::copy_n(given.flat<float>().data(), rows * work.d, work.d_x);
    std::fill_n(work.d_atoms, n * work.d, 0.0f);
    const int64_t chunk = std::max<int64_t>(16, kChunkEntries / std::max<int64_t>(1, work.steps * work.d));
    std::unique_ptr<float[]> sent(new float[std::min(chunk, rows) * work.steps * work.d]);
    for (int64_t first = 0; first < rows; first += chunk) {
      const int64_t count = std::min(chunk, rows - first);
      ForBlocks(ctx, count, 4, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) BackRow(work, first + r, sent.get() + r * work.steps * work.d);
      });
      AddSent(ctx, work, first, count, n, sent.get());
    }
  }

 private:
  static constexpr int64_t kChunkEntries = 8 * 1024 * 1024;
  struct Work {
    int64_t steps, d;
    const float *coefficients, *residual, *atoms;
    const int32_t* chosen;
    float *d_x, *d_atoms;
  };

  // With g the gradient of r_t: that of c_t is -(g . d_j), that of d_j is dc * r_{t-1} - c_t g, and that of r_{t-1} is g + dc * d_j.
  static void BackRow(const Work& work, int64_t r, float* sent) {
    const RowKernels& kernels = BestRowKernels();
    const int d = static_cast<int>(work.d);
    std::unique_ptr<float[]> before(new float[d]);
    std::copy_n(work.residual + r * d, d, before.get());
    float* gradient = work.d_x + r * d;
    for (int64_t step = work.steps - 1; step >= 0; step--) {
      const float coefficient = work.coefficients[r * work.steps + step];
      if (coefficient == 0) continue;
      const float* atom = work.atoms + work.chosen[r * work.steps + step] * work.d;
      float* to = sent + step * d;
      kernels.add_scaled(coefficient, atom, d, before.get());
      const float slope = static_cast<float>(-kernels.dot(gradient, atom, d));
      std::fill_n(to, d, 0.0f);
      kernels.add_scaled(slope, before.get(), d, to);
      kernels.add_scaled(-coefficient, gradient, d, to);
      kernels.add_scaled(slope, atom, d, gradient);
    }
  }

  static void AddSent(OpKernelContext* ctx, const Work& work, int64_t first, int64_t count, int64_t n, const float* sent) {
    const int64_t pairs = count * work.steps, from = first * work.steps;
    std::vector<int32_t> start(n + 1, 0);
    for (int64_t p = 0; p < pairs; p++) start[work.chosen[from + p] + 1] += work.coefficients[from + p] != 0;
    for (int64_t j = 0; j < n; j++) start[j + 1] += start[j];
    std::vector<int32_t> next(start.begin(), start.end() - 1), order(start[n]);
    for (int64_t p = 0; p < pairs; p++) {
      if (work.coefficients[from + p] != 0) order[next[work.chosen[from + p]]++] = static_cast<int32_t>(p);
    }
    const std::vector<float> ones(pairs, 1.0f);
    ForBlocks(ctx, n, 32, [&](int64_t begin, int64_t end) {
      const RowKernels& kernels = BestRowKernels();
      for (int64_t j = begin; j < end; j++) {
        kernels.add_gathered(sent, order.data() + start[j], ones.data(), start[j + 1] - start[j], static_cast<int>(work.d), work.d_atoms + j * work.d);
      }
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupePursue").Device(tensorflow::DEVICE_CPU), PursueOp);
REGISTER_KERNEL_BUILDER(Name("LoupePursuitGradient").Device(tensorflow::DEVICE_CPU), PursuitGradientOp);

}  // namespace
}  // namespace loupe
