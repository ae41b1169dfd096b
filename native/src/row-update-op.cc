// LoupeRowUpdate: one Adam step of a sparse dictionary, in place, from sparse codes.
//
// The gradient of a latent's encoder and decoder row is gathered from the rows of the batch that used it, so no dense gradient
// is ever made. Every sum runs in an order that does not depend on the number of threads.
#include <cmath>
#include <memory>
#include <vector>

#include "resource-cells.h"
#include "sparse-codes.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeRowUpdate")
    // w_enc, m, v [latents, d]; w_dec, m, v [latents, d]; b_enc, m, v [latents]; b_dec, m, v [d]; since_fired int32 [latents]
    .Input("variables: count * resource")
    .Input("values: float")           // [entries]; those of value 0 are unused
    .Input("indices: int32")          // [entries]
    .Input("offsets: int32")          // [rows + 1]
    .Input("value_gradients: float")  // [entries]: d loss / d pre-activation
    .Input("error: float")            // [groups, rows, d]: d loss / d reconstruction of the latents of a group, before the error scale
    .Input("ends: int32")             // [groups]: ends of the groups of latents
    .Input("encoded: float")          // [rows, d]: what the encoder was multiplied with, x or x - b_dec
    .Input("extra_latents: int32")    // [extra]: latents with a further, dense gradient (the auxiliary loss), each once
    .Input("extra_enc: float")        // [extra, d]
    .Input("extra_dec: float")        // [extra, d]
    .Input("extra_bias: float")       // [extra]
    .Input("settings: float")         // [8]: step size, beta1, beta2, epsilon, root correction, error scale, gradient factor, norm penalty
    .Output("gradient_square: float") // []: squared norm of the whole gradient, after projection and before the factor
    .Attr("count: int = 13")
    .Attr("unit_decoder: bool")       // remove the part along each decoder row, and renormalise it
    .Attr("centres_input: bool")      // encoded is x - b_dec, so that b_dec moves every pre-activation too
    .Attr("apply: bool")              // false: only compute gradient_square
    .SetIsStateful()
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

enum VariableIndex { kWEnc, kWDec = 3, kBEnc = 6, kBDec = 9, kSince = 12, kVariables = 13 };
constexpr int64_t kLatentBlock = 32, kRowBlock = 64;

// The pairs (row, slot) of a batch, sorted by latent and then by row.
struct PairsByLatent {
  std::vector<int32_t> start;  // [latents + 1]
  std::unique_ptr<int32_t[]> rows;
  std::unique_ptr<float[]> values, gradients;

  PairsByLatent(const SparseCodes& codes, const float* gradient, int64_t latents)
      : start(latents + 1, 0), rows(new int32_t[codes.entries]), values(new float[codes.entries]), gradients(new float[codes.entries]) {
    for (int64_t p = 0; p < codes.entries; p++) start[codes.indices[p] + 1] += codes.values[p] != 0;
    for (int64_t j = 0; j < latents; j++) start[j + 1] += start[j];
    std::vector<int32_t> next(start.begin(), start.end() - 1);
    for (int64_t r = 0; r < codes.rows; r++) {
      for (int32_t p = codes.offsets[r]; p < codes.offsets[r + 1]; p++) {
        if (codes.values[p] == 0) continue;
        const int32_t at = next[codes.indices[p]]++;
        rows[at] = static_cast<int32_t>(r);
        values[at] = codes.values[p];
        gradients[at] = gradient[p];
      }
    }
  }
};

// A weight with its two Adam moments.
struct Moments {
  float *w, *m, *v;
  Moments Row(int64_t row, int64_t d) const { return {w + row * d, m + row * d, v + row * d}; }
};

class RowUpdateOp : public tensorflow::OpKernel {
 public:
  explicit RowUpdateOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("unit_decoder", &unit_decoder_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("centres_input", &centres_input_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("apply", &apply_));
    int count = 0;
    OP_REQUIRES_OK(ctx, ctx->GetAttr("count", &count));
    OP_REQUIRES(ctx, count == kVariables, Refuse("count must be ", kVariables, ", not ", count));
  }

  void Compute(OpKernelContext* ctx) override {
    Batch batch;
    State state;
    OP_REQUIRES_OK(ctx, ReadBatch(ctx, &batch));
    OP_REQUIRES_OK(ctx, OpenVariables(ctx, &batch, &state));
    Tensor* square = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {}, &square));
    const PairsByLatent pairs(batch.codes, batch.gradients, state.latents);
    std::vector<int32_t> extra_of(state.latents, -1);
    for (int64_t i = 0; i < batch.extras; i++) extra_of[batch.extra_latents[i]] = static_cast<int32_t>(i);
    const int64_t blocks = (state.latents + kLatentBlock - 1) / kLatentBlock;
    std::vector<float> bias_parts(blocks * batch.d, 0.0f);
    std::vector<double> squares(blocks, 0.0);
    ForBlocks(ctx, state.latents, kLatentBlock, [&](int64_t begin, int64_t end) {
      const int64_t block = begin / kLatentBlock;
      UpdateLatents(batch, state, pairs, extra_of, begin, end, &bias_parts[block * batch.d], &squares[block]);
    });
    double total = UpdateDecoderBias(ctx, batch, state, bias_parts, blocks);
    for (const double part : squares) total += part;
    square->scalar<float>()() = static_cast<float>(total);
  }

 private:
  struct Batch {
    SparseCodes codes;
    int64_t groups, d, extras;
    const int32_t *ends, *extra_latents;
    const float *gradients, *error, *encoded, *extra_enc, *extra_dec, *extra_bias;
    AdamStep adam;
    float error_scale, factor, norm_penalty;
  };
  struct State {
    Cells<kVariables> variables;
    int64_t latents;
    Moments w_enc, w_dec, b_enc, b_dec;
    int32_t* since;
  };

  static absl::Status ReadBatch(OpKernelContext* ctx, Batch* batch) {
    const auto input = [&](int i) -> const Tensor& { return ctx->input(kVariables + i); };
    TF_RETURN_IF_ERROR(CheckRank(input(4), "error", 3));
    batch->groups = input(4).dim_size(0);
    batch->d = input(4).dim_size(2);
    batch->extras = input(7).NumElements();
    if (input(3).shape() != input(0).shape()) return Refuse("value_gradients must have the shape of values, ", input(0).shape().DebugString());
    if (input(5).NumElements() != batch->groups) return Refuse("ends must have ", batch->groups, " entries");
    TF_RETURN_IF_ERROR(CheckRank(input(6), "encoded", 2));
    TF_RETURN_IF_ERROR(CheckDim(input(6), "encoded", 0, input(4).dim_size(1)));
    TF_RETURN_IF_ERROR(CheckDim(input(6), "encoded", 1, batch->d));
    TF_RETURN_IF_ERROR(CheckRank(input(8), "extra_enc", 2));
    TF_RETURN_IF_ERROR(CheckDim(input(8), "extra_enc", 0, batch->extras));
    TF_RETURN_IF_ERROR(CheckDim(input(8), "extra_enc", 1, batch->d));
    if (input(9).shape() != input(8).shape()) return Refuse("extra_dec must have the shape of extra_enc");
    if (input(10).NumElements() != batch->extras) return Refuse("extra_bias must have ", batch->extras, " entries");
    if (input(11).NumElements() != 8) return Refuse("settings must have 8 entries");
    batch->gradients = input(3).flat<float>().data();
    batch->error = input(4).flat<float>().data();
    batch->encoded = input(6).flat<float>().data();
    batch->extra_latents = input(7).flat<int32_t>().data();
    batch->extra_enc = input(8).flat<float>().data();
    batch->extra_dec = input(9).flat<float>().data();
    batch->extra_bias = input(10).flat<float>().data();
    const float* s = input(11).flat<float>().data();
    batch->adam = {s[0], s[1], s[2], s[3], s[4]};
    batch->error_scale = s[5];
    batch->factor = s[6];
    batch->norm_penalty = s[7];
    return absl::OkStatus();
  }

  static absl::Status OpenVariables(OpKernelContext* ctx, Batch* batch, State* state) {
    static const char* const names[kVariables] = {"w_enc", "m of w_enc", "v of w_enc", "w_dec", "m of w_dec", "v of w_dec", "b_enc",
                                                  "m of b_enc", "v of b_enc", "b_dec", "m of b_dec", "v of b_dec", "since_fired"};
    TF_RETURN_IF_ERROR(state->variables.Open(ctx, names));
    const Tensor& first = *state->variables.tensor(kWEnc);
    TF_RETURN_IF_ERROR(CheckRank(first, "w_enc", 2));
    state->latents = first.dim_size(0);
    const tensorflow::TensorShape matrix({state->latents, batch->d}), per_latent({state->latents}), per_input({batch->d});
    for (int i = 0; i < kVariables; i++) {
      const auto& shape = i < kBEnc ? matrix : (i < kBDec || i == kSince) ? per_latent : per_input;
      TF_RETURN_IF_ERROR(state->variables.Writable(ctx, i, i == kSince ? tensorflow::DT_INT32 : tensorflow::DT_FLOAT, shape, names[i]));
    }
    const auto moments = [&](int i) {
      const auto data = [&](int at) { return state->variables.tensor(at)->flat<float>().data(); };
      return Moments{data(i), data(i + 1), data(i + 2)};
    };
    state->w_enc = moments(kWEnc);
    state->w_dec = moments(kWDec);
    state->b_enc = moments(kBEnc);
    state->b_dec = moments(kBDec);
    state->since = state->variables.tensor(kSince)->flat<int32_t>().data();
    TF_RETURN_IF_ERROR(ReadCodes(ctx, kVariables, state->latents, &batch->codes));
    TF_RETURN_IF_ERROR(CheckDim(ctx->input(kVariables + 4), "error", 1, batch->codes.rows));
    TF_RETURN_IF_ERROR(ReadEnds(ctx->input(kVariables + 5), state->latents, &batch->ends));
    return CheckIndices(ctx->input(kVariables + 7), "extra_latents", state->latents);
  }

  void UpdateLatents(const Batch& batch, const State& state, const PairsByLatent& pairs, const std::vector<int32_t>& extra_of,
                     int64_t begin, int64_t end, float* bias_part, double* square) const {
    const RowKernels& kernels = BestRowKernels();
    const int d = static_cast<int>(batch.d);
    int32_t most = 0;
    for (int64_t j = begin; j < end; j++) most = std::max(most, pairs.start[j + 1] - pairs.start[j]);
    std::unique_ptr<float[]> weights(new float[most]), enc(new float[d]), dec(new float[d]);
    for (int64_t j = begin; j < end; j++) {
      const int64_t group = std::upper_bound(batch.ends, batch.ends + batch.groups, j) - batch.ends;
      const int32_t from = pairs.start[j];
      const int count = pairs.start[j + 1] - from, extra = extra_of[j];
      const Moments w_enc = state.w_enc.Row(j, d), w_dec = state.w_dec.Row(j, d), b_enc = state.b_enc.Row(j, 1);
      double bias_sum = 0, value_sum = 0;
      std::fill_n(dec.get(), d, 0.0f);
      std::fill_n(enc.get(), d, 0.0f);
      for (int p = 0; p < count; p++) {
        weights[p] = batch.error_scale * pairs.values[from + p];
        bias_sum += pairs.gradients[from + p];
        value_sum += pairs.values[from + p];
      }
      kernels.add_gathered(batch.error + group * batch.codes.rows * d, &pairs.rows[from], weights.get(), count, d, dec.get());
      kernels.add_gathered(batch.encoded, &pairs.rows[from], &pairs.gradients[from], count, d, enc.get());
      if (batch.norm_penalty != 0 && count > 0) {  // of values[s] * |decoder row|
        const double norm = std::sqrt(kernels.square(w_dec.w, d));
        if (norm > 0) kernels.add_scaled(static_cast<float>(batch.norm_penalty * value_sum / norm), w_dec.w, d, dec.get());
      }
      if (extra >= 0) {
        kernels.add_scaled(1, batch.extra_dec + extra * batch.d, d, dec.get());
        kernels.add_scaled(1, batch.extra_enc + extra * batch.d, d, enc.get());
        bias_sum += batch.extra_bias[extra];
      }
      const bool touched = count > 0 || extra >= 0;
      float bias_gradient = static_cast<float>(bias_sum);
      if (touched) {
        if (unit_decoder_) kernels.remove_parallel(w_dec.w, d, dec.get());
        if (centres_input_) kernels.add_scaled(-bias_gradient, w_enc.w, d, bias_part);
        *square += kernels.square(dec.get(), d) + kernels.square(enc.get(), d) + bias_sum * bias_sum;
      }
      if (!apply_) continue;
      if (touched && batch.factor != 1) {
        kernels.scale(batch.factor, d, dec.get());
        kernels.scale(batch.factor, d, enc.get());
        bias_gradient *= batch.factor;
      }
      kernels.adam(batch.adam, dec.get(), d, w_dec.w, w_dec.m, w_dec.v);
      if (unit_decoder_) kernels.normalise(d, w_dec.w);
      kernels.adam(batch.adam, enc.get(), d, w_enc.w, w_enc.m, w_enc.v);
      kernels.adam(batch.adam, &bias_gradient, 1, b_enc.w, b_enc.m, b_enc.v);
      state.since[j] = count > 0 ? 0 : static_cast<int32_t>(std::min<int64_t>(INT32_MAX, state.since[j] + batch.codes.rows));
    }
  }

  // d/d b_dec = sum of errors; where the input is centred, - sum_j (gradient of b_enc_j) w_enc_j too.
  // Returns the squared norm of its gradient.
  double UpdateDecoderBias(OpKernelContext* ctx, const Batch& batch, const State& state, const std::vector<float>& bias_parts,
                           int64_t blocks) const {
    const RowKernels& kernels = BestRowKernels();
    const int d = static_cast<int>(batch.d);
    const int64_t row_blocks = (batch.codes.rows + kRowBlock - 1) / kRowBlock;
    std::vector<float> error_parts(row_blocks * batch.d, 0.0f);
    ForBlocks(ctx, batch.codes.rows, kRowBlock, [&](int64_t begin, int64_t end) {
      float* part = &error_parts[begin / kRowBlock * batch.d];
      for (int64_t r = begin; r < end; r++) kernels.add_scaled(batch.error_scale, batch.error + r * d, d, part);
    });
    std::vector<double> sum(d, 0.0);
    for (int64_t b = 0; b < row_blocks; b++) for (int i = 0; i < d; i++) sum[i] += error_parts[b * d + i];
    for (int64_t b = 0; b < blocks; b++) for (int i = 0; i < d; i++) sum[i] += bias_parts[b * d + i];
    std::vector<float> gradient(d);
    double square = 0;
    for (int i = 0; i < d; i++) {
      square += sum[i] * sum[i];
      gradient[i] = batch.factor * static_cast<float>(sum[i]);
    }
    if (apply_) kernels.adam(batch.adam, gradient.data(), d, state.b_dec.w, state.b_dec.m, state.b_dec.v);
    return square;
  }

  bool unit_decoder_ = true;
  bool centres_input_ = true;
  bool apply_ = true;
};

REGISTER_KERNEL_BUILDER(Name("LoupeRowUpdate").Device(tensorflow::DEVICE_CPU), RowUpdateOp);

}  // namespace
}  // namespace loupe
