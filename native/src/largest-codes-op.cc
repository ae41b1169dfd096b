// LoupeLargestCodes: the largest entries of a batch of sparse codes together (BatchTopK).
#include <vector>

#include "sparse-codes.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeLargestCodes")
    .Input("values: float")     // [entries], positive
    .Input("indices: int32")    // [entries]
    .Input("offsets: int32")    // [rows + 1]
    .Output("kept: float")      // the `count` largest values, or all where there are fewer; ties go to the earlier entry
    .Output("kept_at: int32")
    .Output("kept_offsets: int32")
    .Output("least: float")     // []: the smallest value kept; 0 where none is
    .Attr("count: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// The bits of positive floats, read as integers, are in the order of the floats.
inline int32_t Key(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// The smallest of the `count` largest keys, and how many keys equal to it are among them: a radix selection, 11 bits a pass.
void LeastKept(const float* values, int64_t entries, int64_t count, int32_t* least, int64_t* ties) {
  int32_t prefix = 0;
  int64_t left = count;
  for (const int shift : {20, 9, 0}) {
    const int bits = shift == 0 ? 9 : 11, above = shift + bits;
    std::vector<int64_t> histogram(int64_t{1} << bits, 0);
    for (int64_t i = 0; i < entries; i++) {
      const int32_t key = Key(values[i]);
      if (shift == 20 || key >> above == prefix) histogram[(key >> shift) & ((1 << bits) - 1)]++;
    }
    int32_t bin = static_cast<int32_t>(histogram.size()) - 1;
    while (histogram[bin] < left) left -= histogram[bin--];
    prefix = (prefix << bits) | bin;
  }
  *least = prefix;
  *ties = left;
}

class LargestCodesOp : public tensorflow::OpKernel {
 public:
  explicit LargestCodesOp(OpKernelConstruction* ctx) : OpKernel(ctx) { OP_REQUIRES_OK(ctx, ctx->GetAttr("count", &count_)); }

  void Compute(OpKernelContext* ctx) override {
    SparseCodes codes;
    OP_REQUIRES_OK(ctx, ReadCodes(ctx, 0, INT32_MAX, &codes));
    for (int64_t i = 0; i < codes.entries; i++) {
      OP_REQUIRES(ctx, codes.values[i] > 0, Refuse("values must be positive, and entry ", i, " is ", codes.values[i]));
    }
    const int64_t kept = std::min<int64_t>(count_, codes.entries);
    Tensor *values = nullptr, *indices = nullptr, *offsets = nullptr, *least = nullptr;
    OP_REQUIRES_OK(ctx, ctx->allocate_output(0, {kept}, &values));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, {kept}, &indices));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, {codes.rows + 1}, &offsets));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(3, {}, &least));
    int32_t bound = 0;
    int64_t ties = 0;
    if (kept > 0) LeastKept(codes.values, codes.entries, kept, &bound, &ties);
    float* out = values->flat<float>().data();
    int32_t *out_at = indices->flat<int32_t>().data(), *ends = offsets->flat<int32_t>().data();
    int32_t to = 0;
    ends[0] = 0;
    for (int64_t r = 0; r < codes.rows; r++) {
      for (int32_t p = codes.offsets[r]; p < codes.offsets[r + 1]; p++) {
        const int32_t key = Key(codes.values[p]);
        if (key < bound || (key == bound && ties-- <= 0)) continue;
        out[to] = codes.values[p];
        out_at[to++] = codes.indices[p];
      }
      ends[r + 1] = to;
    }
    std::memcpy(&least->scalar<float>()(), &bound, sizeof(bound));
  }

 private:
  int64_t count_ = 1;
};

REGISTER_KERNEL_BUILDER(Name("LoupeLargestCodes").Device(tensorflow::DEVICE_CPU), LargestCodesOp);

}  // namespace
}  // namespace loupe
