// LoupeEncodeTopK: the codes of TopK(ReLU(centred W_enc^T + b)) from a product in bfloat16 or int8, selection fused behind it.
//
// Row blocks go through all latents while their packed rows and nominees stay in the cache; pre-activations exist for 32 x 64 at a time.
// Kept values are computed in float32. Attribute `precision`:
//   f32   the margins of bfloat16 rounding are carried along, so that the selection is that of float32 (a row whose margins hold too many
//         latents is computed in full)
//   bf16  the k + max(4, k/8) best of the bfloat16 product are the nominees
//   int8  the k + 32 best of the int8 product
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "encode-kernels.h"
#include "op-support.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/platform/mutex.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeEncodeTopK")
    .Input("centred: float")   // [rows, d]
    .Input("w_enc: float")     // [latents, d]
    .Input("bias: float")      // [latents]
    .Output("values: float")   // [rows, k], by ascending index, unused slots last with value 0
    .Output("indices: int32")  // [rows, k], 0 in unused slots
    .Attr("k: int >= 1")
    .Attr("precision: {'f32', 'bf16', 'int8'}")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeEncodeTier")
    .Output("tier: int32")  // []: how the product would be computed here; see EncodeTier
    .Attr("precision: {'f32', 'bf16', 'int8'}")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// Rows of one task: their packed tiles and nominees fill about half of a 2 MiB cache at d 768, k 32.
constexpr int kTaskRows = 256;
constexpr int kLargestK = 1024;

template <typename T>
T* Aligned(std::vector<T>* buffer, int64_t count) {
  buffer->resize(count + kLineBytes / sizeof(T));
  const auto at = reinterpret_cast<uintptr_t>(buffer->data());
  return reinterpret_cast<T*>((at + kLineBytes - 1) / kLineBytes * kLineBytes);
}

// Large enough for huge pages, which the product's walk through all latents wants.
constexpr size_t kHugePage = 2 << 20;

struct FreePanels {
  void operator()(uint8_t* at) const { std::free(at); }
};

// The encoder, packed once a call. The memory is kept from call to call: to get it anew would fault in each page again.
struct PackedLatents {
  std::unique_ptr<uint8_t[], FreePanels> panels;
  size_t bytes = 0;
  std::vector<float> bias, norm, error, scale;
  std::vector<int32_t> shift;
  std::atomic<bool> finite{true};

  absl::Status Reserve(size_t wanted) {
    if (wanted <= bytes) return absl::OkStatus();
    const size_t rounded = (wanted + kHugePage - 1) / kHugePage * kHugePage;
    panels.reset(static_cast<uint8_t*>(std::aligned_alloc(kHugePage, rounded)));
    bytes = panels == nullptr ? 0 : rounded;
    if (panels == nullptr) return absl::ResourceExhaustedError(absl::StrCat("no memory for ", rounded, " bytes of packed weights"));
#if defined(__linux__)
    madvise(panels.get(), rounded, MADV_HUGEPAGE);
#endif
    return absl::OkStatus();
  }
};

class EncodeTopKOp : public tensorflow::OpKernel {
 public:
  explicit EncodeTopKOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    std::string precision;
    OP_REQUIRES_OK(ctx, ctx->GetAttr("k", &k_));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("precision", &precision));
    OP_REQUIRES(ctx, k_ <= kLargestK, Refuse("k is ", k_, ", more than ", kLargestK));
    int8_ = precision == "int8";
    exact_ = precision == "f32";
    best_ = k_ + (exact_ ? 0 : int8_ ? 32 : std::max(4, k_ / 8));
    capacity_ = NomineeCapacity(best_);
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &centred = ctx->input(0), &w_enc = ctx->input(1), &bias = ctx->input(2);
    OP_REQUIRES_OK(ctx, CheckRank(centred, "centred", 2));
    OP_REQUIRES_OK(ctx, CheckRank(w_enc, "w_enc", 2));
    OP_REQUIRES_OK(ctx, CheckRank(bias, "bias", 1));
    const int64_t rows = centred.dim_size(0), d = centred.dim_size(1), n = w_enc.dim_size(0);
    OP_REQUIRES_OK(ctx, CheckDim(w_enc, "w_enc", 1, d));
    OP_REQUIRES_OK(ctx, CheckDim(bias, "bias", 0, n));
    OP_REQUIRES(ctx, n <= INT32_MAX - kProductLatents, Refuse("more than 2^31 latents"));
    OP_REQUIRES(ctx, d >= 1 && d <= (1 << 20), Refuse("d is ", d, ", not from 1 to 2^20"));
    const EncodeTier tier = BestEncodeTier(int8_);
    OP_REQUIRES(ctx, tier != EncodeTier::kNone, Refuse("this processor has no low-precision product"));
    Tensor *values = nullptr, *indices = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {rows, k_}, &values));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {rows, k_}, &indices));
    Call call{centred.flat<float>().data(), w_enc.flat<float>().data(), bias.flat<float>().data(), values->flat<float>().data(),
              indices->flat<int32_t>().data(), n, static_cast<int>(d), static_cast<int>((d + PerLine() - 1) / PerLine()), &EncodeProductOf(tier, int8_)};
    tensorflow::mutex_lock lock(mutex_);
    OP_REQUIRES_OK(ctx, Pack(ctx, call, &packed_));
    const PackedLatents& packed = packed_;
    std::atomic<int64_t> bad_row{packed.finite ? -1 : 0};
    ForBlocks(ctx, rows, kTaskRows, [&](int64_t begin, int64_t end) {
      if (bad_row < 0) EncodeRows(call, packed, begin, end, &bad_row);
    });
    OP_REQUIRES(ctx, bad_row < 0, Refuse("NOT_FINITE row ", bad_row.load()));
  }

 private:
  struct Call {
    const float *x, *w, *bias;
    float* values;
    int32_t* indices;
    int64_t n;
    int d, steps;
    const EncodeProduct* product;
  };

  int PerLine() const { return int8_ ? 64 : 32; }

  PackedNorms Round(const float* row, int d, int steps, int offset, uint8_t* out, int stride) const {
    return int8_ ? kEncodeKernels.round_int8(row, d, steps, offset, out, stride) : kEncodeKernels.round_bf16(row, d, steps, out, stride);
  }

  absl::Status Pack(OpKernelContext* ctx, const Call& call, PackedLatents* to) const {
    const int64_t padded = (call.n + kProductLatents - 1) / kProductLatents * kProductLatents, bytes = static_cast<int64_t>(call.steps) * kLineBytes;
    TF_RETURN_IF_ERROR(to->Reserve(padded * bytes));
    to->finite = true;
    for (auto* list : {&to->norm, &to->error, &to->scale}) list->assign(padded, 0.0f);
    to->bias.assign(padded, -std::numeric_limits<float>::infinity());
    to->shift.assign(padded, 0);
    uint8_t* panels = to->panels.get();
    // float32 sums of d terms, here and in the product, are off by at most d * 2^-23 of the norms
    const float slack = call.d * 1.2e-7f;
    ForBlocks(ctx, padded, kProductLatents, [&](int64_t begin, int64_t end) {
      std::vector<uint8_t> lines(kTileLines * bytes);
      for (int64_t first = begin; first < end; first += kTileLines) {
        for (int i = 0; i < kTileLines; i++) {
          const int64_t j = first + i;
          uint8_t* line = lines.data() + i * bytes;
          if (j >= call.n) {
            std::memset(line, 0, bytes);
            continue;
          }
          const PackedNorms norms = Round(call.w + j * call.d, call.d, call.steps, 0, line, kLineBytes);
          if (!std::isfinite(norms.norm + norms.error + call.bias[j])) to->finite = false;
          to->bias[j] = call.bias[j];
          to->norm[j] = exact_ ? 1.001f * norms.norm : 0;
          to->error[j] = exact_ ? 1.001f * norms.error + slack * norms.norm : 0;
          to->scale[j] = norms.scale;
          to->shift[j] = 128 * norms.sum;
        }
        kEncodeKernels.transpose(lines.data(), call.steps, panels + first * bytes);
      }
    });
    return absl::OkStatus();
  }

  // What one task keeps for its rows.
  struct Task {
    std::vector<uint8_t> tiles, products;
    std::vector<float> high, low, scratch;
    std::vector<int32_t> latent;
    std::vector<PackedNorms> norms;
    std::vector<Nominees> nominees;
  };

  void EncodeRows(const Call& call, const PackedLatents& packed, int64_t begin, int64_t end, std::atomic<int64_t>* bad_row) const {
    const int rows = static_cast<int>(end - begin), tiles = (rows + kTileLines - 1) / kTileLines;
    const int64_t tile_row = static_cast<int64_t>(call.steps) * kTileBytes, padded_tiles = (tiles + 1) / 2 * 2;
    Task task;
    uint8_t* x = Aligned(&task.tiles, padded_tiles * tile_row);
    task.norms.resize(rows);
    task.nominees.resize(rows);
    task.high.resize(static_cast<int64_t>(rows) * capacity_);
    task.low.resize(task.high.size());
    task.latent.resize(task.high.size());
    task.scratch.resize(2 * capacity_ + kLineBytes);
    for (int r = 0; r < rows; r++) {
      uint8_t* at = x + r / kTileLines * tile_row + r % kTileLines * kLineBytes;
      PackedNorms& norms = task.norms[r] = Round(call.x + (begin + r) * call.d, call.d, call.steps, 128, at, kTileBytes);
      if (!std::isfinite(norms.norm + norms.error)) {
        *bad_row = begin + r;
        return;
      }
      norms.norm += norms.error;  // at least the norm of the row itself
      const int64_t from = static_cast<int64_t>(r) * capacity_;
      task.nominees[r] = {0, 0, false, &task.high[from], &task.low[from], &task.latent[from]};
    }
    Product(call, packed, x, rows, &task);
    Finish(call, begin, rows, &task, bad_row);
  }

  void Product(const Call& call, const PackedLatents& packed, const uint8_t* x, int rows, Task* task) const {
    alignas(64) uint8_t saved[kLineBytes];
    const int64_t latents = packed.bias.size();
    const int padded_rows = (rows + kProductRows - 1) / kProductRows * kProductRows;
    uint8_t* c = Aligned(&task->products, static_cast<int64_t>(padded_rows) * kProductLatents * 4);
    const uint8_t* panels = packed.panels.get();
    call.product->begin(saved);
    for (int64_t j = 0; j < latents; j += kProductLatents) {
      const LatentBlock block{static_cast<int>(j), &packed.bias[j], &packed.norm[j], &packed.error[j], &packed.scale[j], &packed.shift[j]};
      call.product->multiply(x, padded_rows, panels + j * call.steps * kLineBytes, call.steps, c);
      kEncodeKernels.nominate(c, int8_, block, task->norms.data(), rows, best_, capacity_, task->nominees.data());
    }
    call.product->end(saved);
  }

  void Finish(const Call& call, int64_t begin, int rows, Task* task, std::atomic<int64_t>* bad_row) const {
    for (int r = 0; r < rows; r++) {
      const int64_t row = begin + r;
      const float* x = call.x + row * call.d;
      float* values = call.values + row * k_;
      int32_t* indices = call.indices + row * k_;
      const int kept = task->nominees[r].overflow ? InFull(call, x, values, indices)
                                                  : kEncodeKernels.rescore(task->nominees[r], x, call.w, call.bias, call.d, best_, k_,
                                                                           task->scratch.data(), values, indices);
      if (kept < 0) *bad_row = row;
    }
  }

  // A row that no margin could narrow down.
  int InFull(const Call& call, const float* x, float* values, int32_t* indices) const {
    std::vector<float> pre(call.n), scratch(kScratch + k_ + 16);
    std::vector<int32_t> scratch_at(kScratch + k_ + 16);
    kEncodeKernels.products(x, call.w, call.n, call.d, pre.data());
    const int kept = BestRowKernels().merge_top_k(pre.data(), call.bias, static_cast<int>(call.n), 0, k_, 0, values, indices, scratch.data(), scratch_at.data());
    for (int s = std::max(kept, 0); s < k_; s++) values[s] = 0, indices[s] = 0;
    return kept;
  }

  int k_ = 0, best_ = 0, capacity_ = 0;
  bool int8_ = false, exact_ = false;
  tensorflow::mutex mutex_;
  PackedLatents packed_;
};

class EncodeTierOp : public tensorflow::OpKernel {
 public:
  explicit EncodeTierOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    std::string precision;
    OP_REQUIRES_OK(ctx, ctx->GetAttr("precision", &precision));
    int8_ = precision == "int8";
  }

  void Compute(OpKernelContext* ctx) override {
    Tensor* tier = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {}, &tier));
    tier->scalar<int32_t>()() = static_cast<int32_t>(BestEncodeTier(int8_));
  }

 private:
  bool int8_ = false;
};

REGISTER_KERNEL_BUILDER(Name("LoupeEncodeTopK").Device(tensorflow::DEVICE_CPU), EncodeTopKOp);
REGISTER_KERNEL_BUILDER(Name("LoupeEncodeTier").Device(tensorflow::DEVICE_CPU), EncodeTierOp);

}  // namespace
}  // namespace loupe
