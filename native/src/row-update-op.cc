// LoupeRowUpdate: one Adam step of a sparse dictionary, in place, from sparse codes.
//
// The gradient of a latent's encoder and decoder row is gathered from the rows of the batch that used it, so no dense gradient
// is ever made. Every sum runs in an order that does not depend on the number of threads.
#include <memory>
#include <vector>

#include "op-support.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/resource_mgr.h"
#include "tensorflow/core/framework/resource_var.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::Var;

REGISTER_OP("LoupeRowUpdate")
    // w_enc, m, v [latents, d]; w_dec, m, v [latents, d]; b_enc, m, v [latents]; b_dec, m, v [d]; since_fired int32 [latents]
    .Input("variables: count * resource")
    .Input("indices: int32")          // [rows, k]
    .Input("values: float")           // [rows, k]; slots of value 0 are unused
    .Input("value_gradients: float")  // [rows, k]
    .Input("error: float")            // [rows, d]: reconstruction - x
    .Input("centred: float")          // [rows, d]: x - b_dec
    .Input("extra_latents: int32")    // [extra]: latents with a further, dense gradient (the auxiliary loss), each once
    .Input("extra_enc: float")        // [extra, d]
    .Input("extra_dec: float")        // [extra, d]
    .Input("extra_bias: float")       // [extra]
    .Input("settings: float")         // [7]: step size, beta1, beta2, epsilon, root correction, error scale, gradient factor
    .Output("gradient_square: float") // []: squared norm of the whole gradient, after projection and before the factor
    .Attr("count: int = 13")
    .Attr("unit_decoder: bool")       // remove the part along each decoder row, and renormalise it
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

  PairsByLatent(const int32_t* indices, const float* value, const float* gradient, int64_t row_count, int64_t k, int64_t latents)
      : start(latents + 1, 0), rows(new int32_t[row_count * k]), values(new float[row_count * k]), gradients(new float[row_count * k]) {
    const int64_t pairs = row_count * k;
    for (int64_t p = 0; p < pairs; p++) start[indices[p] + 1] += value[p] != 0;
    for (int64_t j = 0; j < latents; j++) start[j + 1] += start[j];
    std::vector<int32_t> next(start.begin(), start.end() - 1);
    for (int64_t p = 0; p < pairs; p++) {
      if (value[p] == 0) continue;
      const int32_t at = next[indices[p]]++;
      rows[at] = static_cast<int32_t>(p / k);
      values[at] = value[p];
      gradients[at] = gradient[p];
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
    OP_REQUIRES_OK(ctx, ctx->GetAttr("apply", &apply_));
    int count = 0;
    OP_REQUIRES_OK(ctx, ctx->GetAttr("count", &count));
    OP_REQUIRES(ctx, count == kVariables, Refuse("count must be ", kVariables, ", not ", count));
  }

  void Compute(OpKernelContext* ctx) override {
    Batch batch;
    State state;
    OP_REQUIRES_OK(ctx, ReadBatch(ctx, &batch));
    OP_REQUIRES_OK(ctx, OpenVariables(ctx, batch, &state));
    Tensor* square = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {}, &square));
    const PairsByLatent pairs(batch.indices, batch.values, batch.gradients, batch.rows, batch.k, state.latents);
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
    int64_t rows, k, d, extras;
    const int32_t *indices, *extra_latents;
    const float *values, *gradients, *error, *centred, *extra_enc, *extra_dec, *extra_bias;
    AdamStep adam;
    float error_scale, factor;
  };
  struct State {
    tensorflow::core::RefCountPtr<Var> variables[kVariables];
    std::vector<std::unique_ptr<tensorflow::mutex_lock>> locks;
    int64_t latents;
    Moments w_enc, w_dec, b_enc, b_dec;
    int32_t* since;
  };

  static absl::Status ReadBatch(OpKernelContext* ctx, Batch* batch) {
    const auto input = [&](int i) -> const Tensor& { return ctx->input(kVariables + i); };
    TF_RETURN_IF_ERROR(CheckRank(input(0), "indices", 2));
    TF_RETURN_IF_ERROR(CheckRank(input(3), "error", 2));
    batch->rows = input(0).dim_size(0);
    batch->k = input(0).dim_size(1);
    batch->d = input(3).dim_size(1);
    batch->extras = input(5).NumElements();
    if (input(1).shape() != input(0).shape() || input(2).shape() != input(0).shape()) {
      return Refuse("values and value_gradients must have the shape of indices, ", input(0).shape().DebugString());
    }
    if (batch->rows * batch->k > INT32_MAX) return Refuse("more than 2^31 pairs in a batch");
    TF_RETURN_IF_ERROR(CheckDim(input(3), "error", 0, batch->rows));
    if (input(4).shape() != input(3).shape()) return Refuse("centred must have the shape of error, ", input(3).shape().DebugString());
    TF_RETURN_IF_ERROR(CheckRank(input(6), "extra_enc", 2));
    TF_RETURN_IF_ERROR(CheckDim(input(6), "extra_enc", 0, batch->extras));
    TF_RETURN_IF_ERROR(CheckDim(input(6), "extra_enc", 1, batch->d));
    if (input(7).shape() != input(6).shape()) return Refuse("extra_dec must have the shape of extra_enc");
    if (input(8).NumElements() != batch->extras) return Refuse("extra_bias must have ", batch->extras, " entries");
    if (input(9).NumElements() != 7) return Refuse("settings must have 7 entries");
    batch->indices = input(0).flat<int32_t>().data();
    batch->values = input(1).flat<float>().data();
    batch->gradients = input(2).flat<float>().data();
    batch->error = input(3).flat<float>().data();
    batch->centred = input(4).flat<float>().data();
    batch->extra_latents = input(5).flat<int32_t>().data();
    batch->extra_enc = input(6).flat<float>().data();
    batch->extra_dec = input(7).flat<float>().data();
    batch->extra_bias = input(8).flat<float>().data();
    const float* s = input(9).flat<float>().data();
    batch->adam = {s[0], s[1], s[2], s[3], s[4]};
    batch->error_scale = s[5];
    batch->factor = s[6];
    return absl::OkStatus();
  }

  // The value of a variable, in a buffer that nobody else reads: one that was read and kept is copied first.
  static absl::Status Writable(OpKernelContext* ctx, Var* variable, const tensorflow::TensorShape& shape, const char* name) {
    Tensor* value = variable->tensor();
    if (value->shape() != shape) return Refuse(name, " must be ", shape.DebugString(), ", not ", value->shape().DebugString());
    if (value->RefCountIsOne()) return absl::OkStatus();
    Tensor own;
    TF_RETURN_IF_ERROR(ctx->allocate_temp(value->dtype(), shape, &own));
    std::memcpy(own.data(), value->data(), value->TotalBytes());
    *value = own;
    return absl::OkStatus();
  }

  static absl::Status OpenVariables(OpKernelContext* ctx, const Batch& batch, State* state) {
    static const char* const names[kVariables] = {"w_enc", "m of w_enc", "v of w_enc", "w_dec", "m of w_dec", "v of w_dec", "b_enc",
                                                  "m of b_enc", "v of b_enc", "b_dec", "m of b_dec", "v of b_dec", "since_fired"};
    for (int i = 0; i < kVariables; i++) {
      TF_RETURN_IF_ERROR(tensorflow::LookupResource(ctx, tensorflow::HandleFromInput(ctx, i), &state->variables[i]));
      for (int j = 0; j < i; j++) {
        if (state->variables[j].get() == state->variables[i].get()) return Refuse(names[i], " is the same variable as ", names[j]);
      }
    }
    for (const auto& variable : state->variables) state->locks.push_back(std::make_unique<tensorflow::mutex_lock>(*variable->mu()));
    const Tensor& first = *state->variables[kWEnc]->tensor();
    TF_RETURN_IF_ERROR(CheckRank(first, "w_enc", 2));
    state->latents = first.dim_size(0);
    const tensorflow::TensorShape matrix({state->latents, batch.d}), per_latent({state->latents}), per_input({batch.d});
    for (int i = 0; i < kVariables; i++) {
      const auto dtype = state->variables[i]->tensor()->dtype();
      if (dtype != (i == kSince ? tensorflow::DT_INT32 : tensorflow::DT_FLOAT)) return Refuse(names[i], " has the wrong dtype");
      const auto& shape = i < kBEnc ? matrix : (i < kBDec || i == kSince) ? per_latent : per_input;
      TF_RETURN_IF_ERROR(Writable(ctx, state->variables[i].get(), shape, names[i]));
    }
    const auto moments = [&](int i) {
      return Moments{state->variables[i]->tensor()->flat<float>().data(), state->variables[i + 1]->tensor()->flat<float>().data(),
                     state->variables[i + 2]->tensor()->flat<float>().data()};
    };
    state->w_enc = moments(kWEnc);
    state->w_dec = moments(kWDec);
    state->b_enc = moments(kBEnc);
    state->b_dec = moments(kBDec);
    state->since = state->variables[kSince]->tensor()->flat<int32_t>().data();
    TF_RETURN_IF_ERROR(CheckIndices(ctx->input(kVariables), "indices", state->latents));
    return CheckIndices(ctx->input(kVariables + 5), "extra_latents", state->latents);
  }

  void UpdateLatents(const Batch& batch, const State& state, const PairsByLatent& pairs, const std::vector<int32_t>& extra_of,
                     int64_t begin, int64_t end, float* bias_part, double* square) const {
    const RowKernels& kernels = BestRowKernels();
    const int d = static_cast<int>(batch.d);
    std::unique_ptr<float[]> weights(new float[batch.rows]), enc(new float[d]), dec(new float[d]);
    for (int64_t j = begin; j < end; j++) {
      const int32_t from = pairs.start[j];
      const int count = pairs.start[j + 1] - from, extra = extra_of[j];
      const Moments w_enc = state.w_enc.Row(j, d), w_dec = state.w_dec.Row(j, d), b_enc = state.b_enc.Row(j, 1);
      double bias_sum = 0;
      for (int p = 0; p < count; p++) {
        weights[p] = batch.error_scale * pairs.values[from + p];
        bias_sum += pairs.gradients[from + p];
      }
      kernels.gather_sum(batch.error, &pairs.rows[from], weights.get(), count, d, dec.get());
      kernels.gather_sum(batch.centred, &pairs.rows[from], &pairs.gradients[from], count, d, enc.get());
      if (extra >= 0) {
        kernels.add_scaled(1, batch.extra_dec + extra * batch.d, d, dec.get());
        kernels.add_scaled(1, batch.extra_enc + extra * batch.d, d, enc.get());
        bias_sum += batch.extra_bias[extra];
      }
      const bool touched = count > 0 || extra >= 0;
      float bias_gradient = static_cast<float>(bias_sum);
      if (touched) {
        if (unit_decoder_) kernels.remove_parallel(w_dec.w, d, dec.get());
        kernels.add_scaled(-bias_gradient, w_enc.w, d, bias_part);
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
      state.since[j] = count > 0 ? 0 : static_cast<int32_t>(std::min<int64_t>(INT32_MAX, state.since[j] + batch.rows));
    }
  }

  // The decoder bias also moves every pre-activation: d/d b_dec = sum of errors - sum_j (gradient of b_enc_j) w_enc_j.
  // Returns the squared norm of its gradient.
  double UpdateDecoderBias(OpKernelContext* ctx, const Batch& batch, const State& state, const std::vector<float>& bias_parts,
                           int64_t blocks) const {
    const RowKernels& kernels = BestRowKernels();
    const int d = static_cast<int>(batch.d);
    const int64_t row_blocks = (batch.rows + kRowBlock - 1) / kRowBlock;
    std::vector<float> error_parts(row_blocks * batch.d, 0.0f);
    ForBlocks(ctx, batch.rows, kRowBlock, [&](int64_t begin, int64_t end) {
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
  bool apply_ = true;
};

REGISTER_KERNEL_BUILDER(Name("LoupeRowUpdate").Device(tensorflow::DEVICE_CPU), RowUpdateOp);

}  // namespace
}  // namespace loupe
