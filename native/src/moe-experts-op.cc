// LoupeExperts: experts side by side, each on the rows that were sent to it: gather, product, bias, activation, gate, product, sum over a token's
// experts. And its gradient. No row is copied to its expert: packing for a product gathers.
#include <string>
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

REGISTER_OP("LoupeExperts")
    .Input("x: float")        // [tokens, d]
    .Input("w_enc: float")    // [experts, width, d]
    .Input("w_dec: float")    // [experts, width, d]
    .Input("gates: float")    // [slots]; slots stand expert by expert
    .Input("owners: int32")   // [slots]: the token of a slot
    .Input("places: int32")   // [tokens, k]: the slots of a token
    .Input("counts: int32")   // [experts]: slots of each
    .Input("b_enc: float")    // [experts, width], or [0]: none
    .Attr("activation: {'relu', 'gelu'}")
    .Output("y: float")       // [tokens, d]: sum over a token's slots of gate act(x w_enc^T + b_enc) w_dec
    .Output("saved: float")   // [slots, width]: relu's values, gelu's arguments
    .Output("fired: float")   // [experts]: units that are not 0, a mean over slots; NaN without any
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeExpertsGrad")
    .Input("x: float")        // as LoupeExperts'
    .Input("w_enc: float")
    .Input("w_dec: float")
    .Input("gates: float")
    .Input("owners: int32")
    .Input("places: int32")
    .Input("counts: int32")
    .Input("saved: float")    // as LoupeExperts gave it
    .Input("dy: float")       // [tokens, d]
    .Attr("activation: {'relu', 'gelu'}")
    .Attr("weights: bool")    // false: w_enc, w_dec and b_enc are constants, and their gradients come out as [0]
    .Output("dx: float")      // the gradients, each of its input's shape
    .Output("dw_enc: float")
    .Output("dw_dec: float")
    .Output("dgates: float")
    .Output("db_enc: float")  // [experts, width]
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

constexpr int64_t kBlock = 96;   // slots of one task, a multiple of every tile's rows
constexpr int64_t kUnits = 264;  // units of one task of the weights' gradients at most, a multiple of every tile's rows

struct Block {
  int64_t expert, begin, end;
};

// What both ops have in common: the checked inputs, and the order of the work.
class ExpertsBase : public tensorflow::OpKernel {
 public:
  explicit ExpertsBase(tensorflow::OpKernelConstruction* ctx) : OpKernel(ctx) {
    std::string activation;
    OP_REQUIRES_OK(ctx, ctx->GetAttr("activation", &activation));
    kind_ = activation == "relu" ? Activation::kRelu : Activation::kGelu;
  }

 protected:
  struct Sizes {
    int64_t tokens, d, experts, width, slots, k;
    std::vector<int64_t> first;  // of each expert's slots, and their number behind the last
    std::vector<Block> blocks;   // no block holds slots of two experts
  };

  absl::Status Check(OpKernelContext* ctx, Sizes* s) const {
    const Tensor &x = ctx->input(0), &w_enc = ctx->input(1), &w_dec = ctx->input(2), &gates = ctx->input(3), &owners = ctx->input(4), &places = ctx->input(5), &counts = ctx->input(6);
    TF_RETURN_IF_ERROR(CheckRank(x, "x", 2));
    TF_RETURN_IF_ERROR(CheckRank(w_enc, "w_enc", 3));
    TF_RETURN_IF_ERROR(CheckRank(gates, "gates", 1));
    TF_RETURN_IF_ERROR(CheckRank(owners, "owners", 1));
    TF_RETURN_IF_ERROR(CheckRank(places, "places", 2));
    TF_RETURN_IF_ERROR(CheckRank(counts, "counts", 1));
    s->tokens = x.dim_size(0), s->d = x.dim_size(1), s->experts = w_enc.dim_size(0), s->width = w_enc.dim_size(1), s->slots = gates.dim_size(0), s->k = places.dim_size(1);
    TF_RETURN_IF_ERROR(CheckDim(w_enc, "w_enc", 2, s->d));
    if (w_dec.shape() != w_enc.shape()) return Refuse("w_dec must have the shape of w_enc");
    TF_RETURN_IF_ERROR(CheckDim(owners, "owners", 0, s->slots));
    TF_RETURN_IF_ERROR(CheckDim(places, "places", 0, s->tokens));
    TF_RETURN_IF_ERROR(CheckDim(counts, "counts", 0, s->experts));
    TF_RETURN_IF_ERROR(CheckIndices(owners, "owners", s->tokens));
    TF_RETURN_IF_ERROR(CheckIndices(places, "places", s->slots));
    s->first.assign(1, 0);
    for (int64_t e = 0; e < s->experts; e++) {
      const int64_t count = counts.flat<int32_t>()(e), begin = s->first.back();
      if (count < 0) return Refuse("counts holds ", count);
      s->first.push_back(begin + count);
      for (int64_t at = begin; at < begin + count; at += kBlock) s->blocks.push_back({e, at, std::min(begin + count, at + kBlock)});
    }
    if (s->first.back() != s->slots) return Refuse("counts add up to ", s->first.back(), ", and there are ", s->slots, " slots");
    return absl::OkStatus();
  }

  // Every expert's matrix [width, d] in panels, as rows (products over units) or across (products over d).
  static void PackWeights(OpKernelContext* ctx, const Sizes& s, const Tensor& weights, bool across, Tensor* panels) {
    const float* from = weights.flat<float>().data();
    float* to = panels->flat<float>().data();
    const int64_t depth = across ? s.d : s.width, width = across ? s.width : s.d;
    ForBlocks(ctx, s.experts, 1, [&](int64_t begin, int64_t end) {
      // Of experts without slots no panel is read: a token or two need few of them.
      for (int64_t e = begin; e < end; e++) if (s.first[e + 1] > s.first[e]) BestMoeKernels().pack({from + e * s.width * s.d, s.d, nullptr, across, depth, width, to + e * PanelFloats(depth, width)});
    });
  }

  static absl::Status Panels(OpKernelContext* ctx, const Sizes& s, bool across, Tensor* panels) {
    return ctx->allocate_temp(tensorflow::DT_FLOAT, {s.experts * (across ? PanelFloats(s.d, s.width) : PanelFloats(s.width, s.d))}, panels);
  }

  // to [tokens, d]: the sum of each token's slots, in the order of its ranks.
  static void Combine(OpKernelContext* ctx, const Sizes& s, const float* slots, float* to) {
    const int32_t* places = ctx->input(5).flat<int32_t>().data();
    ForBlocks(ctx, s.tokens, 64, [&](int64_t begin, int64_t end) {
      std::vector<const float*> rows(s.k);
      for (int64_t t = begin; t < end; t++) {
        for (int64_t r = 0; r < s.k; r++) rows[r] = slots + places[t * s.k + r] * s.d;
        BestMoeKernels().add_rows(rows.data(), static_cast<int>(s.k), s.d, to + t * s.d);
      }
    });
  }

  Activation kind_ = Activation::kRelu;
};

class ExpertsOp : public ExpertsBase {
 public:
  using ExpertsBase::ExpertsBase;

  void Compute(OpKernelContext* ctx) override {
    Sizes s;
    OP_REQUIRES_OK(ctx, Check(ctx, &s));
    const Tensor& bias = ctx->input(7);
    OP_REQUIRES(ctx, bias.NumElements() == 0 || bias.NumElements() == s.experts * s.width, Refuse("b_enc must have a number for each unit"));
    Tensor *y = nullptr, *saved = nullptr, *fired = nullptr, enc, dec, outputs;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {s.tokens, s.d}, &y));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {s.slots, s.width}, &saved));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {s.experts}, &fired));
    OP_REQUIRES_OK(ctx, Panels(ctx, s, true, &enc));
    OP_REQUIRES_OK(ctx, Panels(ctx, s, false, &dec));
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {s.slots, s.d}, &outputs));
    PackWeights(ctx, s, ctx->input(1), true, &enc);
    PackWeights(ctx, s, ctx->input(2), false, &dec);
    const float *x = ctx->input(0).flat<float>().data(), *gates = ctx->input(3).flat<float>().data();
    const int32_t* owners = ctx->input(4).flat<int32_t>().data();
    std::vector<int64_t> counts(s.blocks.size());
    ForBlocks(ctx, static_cast<int64_t>(s.blocks.size()), 1, [&](int64_t first, int64_t last) {
      const Scratch scratch(ScratchFloats(kBlock) + (kind_ == Activation::kGelu ? kBlock * s.width : 0));
      for (int64_t b = first; b < last; b++) {
        const auto [e, begin, end] = s.blocks[b];
        float* own = saved->flat<float>().data() + begin * s.width;
        float* act = kind_ == Activation::kGelu ? scratch.data() + ScratchFloats(kBlock) : own;
        const MoeKernels& kernels = BestMoeKernels();
        kernels.product({x, s.d, owners + begin, nullptr, false, enc.flat<float>().data() + e * PanelFloats(s.d, s.width), own, s.width, end - begin, s.d, s.width, false, scratch.data()});
        for (int64_t r = 0; r < end - begin; r++) {
          counts[b] += kernels.activate(kind_, bias.NumElements() == 0 ? nullptr : bias.flat<float>().data() + e * s.width, s.width, own + r * s.width, act + r * s.width);
        }
        kernels.product({act, s.width, nullptr, gates + begin, false, dec.flat<float>().data() + e * PanelFloats(s.width, s.d), outputs.flat<float>().data() + begin * s.d, s.d,
                         end - begin, s.width, s.d, false, scratch.data()});
      }
    });
    Combine(ctx, s, outputs.flat<float>().data(), y->flat<float>().data());
    std::vector<int64_t> sums(s.experts);
    for (size_t b = 0; b < counts.size(); b++) sums[s.blocks[b].expert] += counts[b];
    for (int64_t e = 0; e < s.experts; e++) fired->flat<float>()(e) = static_cast<float>(static_cast<double>(sums[e]) / static_cast<double>(s.first[e + 1] - s.first[e]));
  }
};

class ExpertsGradOp : public ExpertsBase {
 public:
  explicit ExpertsGradOp(tensorflow::OpKernelConstruction* ctx) : ExpertsBase(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("weights", &weights_)); }

  void Compute(OpKernelContext* ctx) override {
    Sizes s;
    OP_REQUIRES_OK(ctx, Check(ctx, &s));
    const Tensor &saved = ctx->input(7), &dy = ctx->input(8);
    OP_REQUIRES(ctx, saved.dims() == 2 && saved.dim_size(0) == s.slots && saved.dim_size(1) == s.width, Refuse("saved must be [slots, width]"));
    OP_REQUIRES(ctx, dy.shape() == ctx->input(0).shape(), Refuse("dy must have the shape of x"));
    Tensor *dx = nullptr, *dw_enc = nullptr, *dw_dec = nullptr, *dgates = nullptr, *db_enc = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {s.tokens, s.d}, &dx));
    const tensorflow::TensorShape none({0});
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, weights_ ? ctx->input(1).shape() : none, &dw_enc));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, weights_ ? ctx->input(2).shape() : none, &dw_dec));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(3, {s.slots}, &dgates));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(4, weights_ ? tensorflow::TensorShape({s.experts, s.width}) : none, &db_enc));
    Tensor slopes, acts;  // [slots, width]: the gradient of what the activation is applied to; gelu's values
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {s.slots, s.width}, &slopes));
    if (kind_ == Activation::kGelu) OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_FLOAT, {s.slots, s.width}, &acts));
    const float* values = (kind_ == Activation::kGelu ? acts : saved).flat<float>().data();
    OP_REQUIRES_OK(ctx, Back(ctx, s, slopes.flat<float>().data(), kind_ == Activation::kGelu ? acts.flat<float>().data() : nullptr, dx->flat<float>().data(), dgates->flat<float>().data()));
    if (weights_) WeightGradients(ctx, s, slopes.flat<float>().data(), values, dw_enc->flat<float>().data(), dw_dec->flat<float>().data(), db_enc->flat<float>().data());
  }

 private:
  // From the output to x and the gates, leaving the slopes of the activations.
  absl::Status Back(OpKernelContext* ctx, const Sizes& s, float* slopes, float* acts, float* dx, float* dgates) const {
    Tensor enc, dec, inputs;
    TF_RETURN_IF_ERROR(Panels(ctx, s, false, &enc));
    TF_RETURN_IF_ERROR(Panels(ctx, s, true, &dec));
    TF_RETURN_IF_ERROR(ctx->allocate_temp(tensorflow::DT_FLOAT, {s.slots, s.d}, &inputs));
    PackWeights(ctx, s, ctx->input(1), false, &enc);
    PackWeights(ctx, s, ctx->input(2), true, &dec);
    const float *saved = ctx->input(7).flat<float>().data(), *dy = ctx->input(8).flat<float>().data(), *gates = ctx->input(3).flat<float>().data();
    const int32_t* owners = ctx->input(4).flat<int32_t>().data();
    ForBlocks(ctx, static_cast<int64_t>(s.blocks.size()), 1, [&](int64_t first, int64_t last) {
      const Scratch scratch(ScratchFloats(kBlock) + kBlock * s.width);
      float* g = scratch.data() + ScratchFloats(kBlock);
      for (int64_t b = first; b < last; b++) {
        const auto [e, begin, end] = s.blocks[b];
        const MoeKernels& kernels = BestMoeKernels();
        kernels.product({dy, s.d, owners + begin, nullptr, false, dec.flat<float>().data() + e * PanelFloats(s.d, s.width), g, s.width, end - begin, s.d, s.width, false, scratch.data()});
        for (int64_t r = begin; r < end; r++) {
          dgates[r] = kernels.slopes(kind_, saved + r * s.width, g + (r - begin) * s.width, gates[r], s.width, slopes + r * s.width, acts == nullptr ? nullptr : acts + r * s.width);
        }
        kernels.product({slopes + begin * s.width, s.width, nullptr, nullptr, false, enc.flat<float>().data() + e * PanelFloats(s.width, s.d), inputs.flat<float>().data() + begin * s.d, s.d,
                         end - begin, s.width, s.d, false, scratch.data()});
      }
    });
    Combine(ctx, s, inputs.flat<float>().data(), dx);
    return absl::OkStatus();
  }

  // Sums over an expert's slots, always in their order.
  static void WeightGradients(OpKernelContext* ctx, const Sizes& s, const float* slopes, const float* values, float* dw_enc, float* dw_dec, float* db_enc) {
    const float *x = ctx->input(0).flat<float>().data(), *dy = ctx->input(8).flat<float>().data(), *gates = ctx->input(3).flat<float>().data();
    const int32_t* owners = ctx->input(4).flat<int32_t>().data();
    const int64_t parts = (s.width + kUnits - 1) / kUnits, share = ((s.width + parts - 1) / parts + kMostRows - 1) / kMostRows * kMostRows;
    ForBlocks(ctx, s.experts * parts * 2, 1, [&](int64_t first, int64_t last) {
      const Scratch scratch(ScratchFloats(kUnits) + PanelFloats(kDepth, s.d));
      float* panels = scratch.data() + ScratchFloats(kUnits);
      for (int64_t task = first; task < last; task++) {
        const bool encoder = task % 2 == 0;
        const int64_t e = task / 2 / parts, unit = std::min(s.width, task / 2 % parts * share), units = std::min(share, s.width - unit), begin = s.first[e], end = s.first[e + 1];
        float* to = (encoder ? dw_enc : dw_dec) + (e * s.width + unit) * s.d;
        if (begin == end) std::fill(to, to + units * s.d, 0.0f);
        for (int64_t k = begin; k < end; k += kDepth) {
          const int64_t depth = std::min(kDepth, end - k);
          BestMoeKernels().pack({encoder ? x : dy, s.d, owners + k, false, depth, s.d, panels});
          BestMoeKernels().product({(encoder ? slopes : values) + k * s.width + unit, s.width, nullptr, encoder ? nullptr : gates + k, true, panels, to, s.d, units, depth, s.d, k > begin, scratch.data()});
        }
        if (!encoder) continue;
        float* sums = db_enc + e * s.width + unit;
        std::fill(sums, sums + units, 0.0f);
        for (int64_t k = begin; k < end; k++) {
          const float* row = slopes + k * s.width + unit;
          for (int64_t j = 0; j < units; j++) sums[j] += row[j];
        }
      }
    });
  }

  bool weights_ = true;
};

REGISTER_KERNEL_BUILDER(Name("LoupeExperts").Device(tensorflow::DEVICE_CPU), ExpertsOp);
REGISTER_KERNEL_BUILDER(Name("LoupeExpertsGrad").Device(tensorflow::DEVICE_CPU), ExpertsGradOp);

}  // namespace
}  // namespace loupe
