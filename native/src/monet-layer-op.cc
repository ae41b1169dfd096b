// LoupeMonetHd and LoupeMonetVd: a Monet layer in its horizontal and its vertical decomposition, and their gradients.
#include "monet-layer.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/common_shape_fns.h"

namespace loupe {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("LoupeMonetHd")
    .Input("x: float")       // [tokens, d]
    .Input("gates1: float")  // [tokens, heads, s]
    .Input("gates2: float")  // as gates1
    .Input("u: float")       // [s, m, d]
    .Input("u_bias: float")  // [s, m]
    .Input("v: float")       // [s, m, d]
    .Input("b: float")       // [s, d]
    .Output("y: float")      // [tokens, d]
    .Output("codes: float")  // [uses, m]: max(0, U_i x + b) of the sub-experts in use
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetHdGrad")
    .Input("x: float")  // as LoupeMonetHd's
    .Input("gates1: float")
    .Input("gates2: float")
    .Input("u: float")
    .Input("v: float")
    .Input("b: float")
    .Input("codes: float")  // as LoupeMonetHd gave it
    .Input("dy: float")     // [tokens, d]
    .Output("dx: float")
    .Output("dgates1: float")  // 0 where a gate is 0
    .Output("dgates2: float")
    .Output("du: float")
    .Output("du_bias: float")
    .Output("dv: float")
    .Output("db: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetVd")
    .Input("x: float")       // [tokens, d]
    .Input("gates1: float")  // [tokens, heads, s]
    .Input("gates2: float")
    .Input("u1: float")  // [s, m / 2, d]
    .Input("u2: float")
    .Input("u_bias1: float")  // [s, m / 2]
    .Input("u_bias2: float")
    .Input("v11: float")  // [s, m / 2, d / 2]
    .Input("v12: float")
    .Input("v21: float")
    .Input("v22: float")
    .Input("b1: float")  // [s, d / 2]
    .Input("b2: float")
    .Output("y: float")       // [tokens, d]
    .Output("codes1: float")  // [uses, m / 2]
    .Output("codes2: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("LoupeMonetVdGrad")
    .Input("x: float")  // as LoupeMonetVd's
    .Input("gates1: float")
    .Input("gates2: float")
    .Input("u1: float")
    .Input("u2: float")
    .Input("v11: float")
    .Input("v12: float")
    .Input("v21: float")
    .Input("v22: float")
    .Input("b1: float")
    .Input("b2: float")
    .Input("codes1: float")
    .Input("codes2: float")
    .Input("dy: float")
    .Output("dx: float")
    .Output("dgates1: float")  // 0 where a gate is 0
    .Output("dgates2: float")
    .Output("du1: float")
    .Output("du2: float")
    .Output("du_bias1: float")
    .Output("du_bias2: float")
    .Output("dv11: float")
    .Output("dv12: float")
    .Output("dv21: float")
    .Output("dv22: float")
    .Output("db1: float")
    .Output("db2: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

const float* In(OpKernelContext* ctx, const char* name) {
  const Tensor* tensor = nullptr;
  return ctx->input(name, &tensor).ok() ? tensor->flat<float>().data() : nullptr;
}

absl::Status CheckShape(OpKernelContext* ctx, const char* name, const std::vector<int64_t>& sizes) {
  const Tensor* tensor = nullptr;
  TF_RETURN_IF_ERROR(ctx->input(name, &tensor));
  TF_RETURN_IF_ERROR(CheckRank(*tensor, name, static_cast<int>(sizes.size())));
  for (size_t i = 0; i < sizes.size(); i++) TF_RETURN_IF_ERROR(CheckDim(*tensor, name, static_cast<int>(i), sizes[i]));
  return absl::OkStatus();
}

// x, the gates and `u`, of which the layer's sizes are read; *codes becomes u's rows of a sub-expert.
absl::Status Begin(OpKernelContext* ctx, const char* u_name, MonetLayer* layer, int64_t* codes) {
  const Tensor *x = nullptr, *gates1 = nullptr, *gates2 = nullptr, *u = nullptr;
  TF_RETURN_IF_ERROR(ctx->input("x", &x));
  TF_RETURN_IF_ERROR(ctx->input("gates1", &gates1));
  TF_RETURN_IF_ERROR(ctx->input("gates2", &gates2));
  TF_RETURN_IF_ERROR(ctx->input(u_name, &u));
  TF_RETURN_IF_ERROR(CheckRank(*x, "x", 2));
  TF_RETURN_IF_ERROR(CheckRank(*gates1, "gates1", 3));
  TF_RETURN_IF_ERROR(CheckRank(*u, u_name, 3));
  layer->tokens = x->dim_size(0);
  layer->d = x->dim_size(1);
  layer->heads = gates1->dim_size(1);
  layer->s = gates1->dim_size(2);
  *codes = u->dim_size(1);
  TF_RETURN_IF_ERROR(CheckDim(*gates1, "gates1", 0, layer->tokens));
  if (gates1->shape() != gates2->shape()) return Refuse("gates2 must have the shape of gates1, ", gates1->shape().DebugString(), ", not ", gates2->shape().DebugString());
  for (const int64_t size : {layer->tokens, layer->d, layer->heads, layer->s, *codes}) {
    if (size < 1) return Refuse("x, gates1 and ", u_name, " must not be empty");
  }
  // Uses of a block are counted in 32 bits.
  if (layer->s > (int64_t{1} << 20) || layer->heads * layer->s > (int64_t{1} << 30)) return Refuse("gates1 has too many sub-experts: ", gates1->shape().DebugString());
  TF_RETURN_IF_ERROR(CheckShape(ctx, u_name, {layer->s, *codes, layer->d}));
  layer->x = x->flat<float>().data();
  layer->Find(ctx, *gates1, *gates2);
  return absl::OkStatus();
}

absl::Status BeginHd(OpKernelContext* ctx, MonetLayer* layer) {
  int64_t m = 0;
  TF_RETURN_IF_ERROR(Begin(ctx, "u", layer, &m));
  TF_RETURN_IF_ERROR(CheckShape(ctx, "v", {layer->s, m, layer->d}));
  TF_RETURN_IF_ERROR(CheckShape(ctx, "b", {layer->s, layer->d}));
  MonetHalf &coded = layer->half[0], &decoded = layer->half[1];
  coded.u = In(ctx, "u");
  coded.codes = m;
  decoded.mix = In(ctx, "v");
  decoded.mix_rows = m;
  decoded.bias = In(ctx, "b");
  decoded.width = layer->d;
  return absl::OkStatus();
}

absl::Status BeginVd(OpKernelContext* ctx, MonetLayer* layer) {
  int64_t codes = 0;
  TF_RETURN_IF_ERROR(Begin(ctx, "u1", layer, &codes));
  if (layer->d % 2 != 0) return Refuse("x has ", layer->d, " columns, and the vertical decomposition halves them");
  const int64_t width = layer->d / 2;
  TF_RETURN_IF_ERROR(CheckShape(ctx, "u2", {layer->s, codes, layer->d}));
  for (const char* name : {"v11", "v12", "v21", "v22"}) TF_RETURN_IF_ERROR(CheckShape(ctx, name, {layer->s, codes, width}));
  for (const char* name : {"b1", "b2"}) TF_RETURN_IF_ERROR(CheckShape(ctx, name, {layer->s, width}));
  const char* names[2][4] = {{"u1", "v11", "v12", "b1"}, {"u2", "v22", "v21", "b2"}};
  for (int k = 0; k < 2; k++) {
    MonetHalf& half = layer->half[k];
    half.u = In(ctx, names[k][0]);
    half.codes = half.own_rows = half.mix_rows = codes;
    half.own = In(ctx, names[k][1]);
    half.mix = In(ctx, names[k][2]);
    half.bias = In(ctx, names[k][3]);
    half.width = width;
    half.column = k * width;
  }
  return absl::OkStatus();
}

// Output `name` with these sizes, or null where the runtime has no memory (the context then holds the error).
float* Out(OpKernelContext* ctx, const char* name, const tensorflow::TensorShape& shape) {
  Tensor* tensor = nullptr;
  const absl::Status status = ctx->allocate_output(name, shape, &tensor);
  if (status.ok()) return tensor->flat<float>().data();
  ctx->CtxFailure(status);
  return nullptr;
}

// The gradient of input `of`, in its shape.
float* OutAs(OpKernelContext* ctx, const char* name, const char* of) {
  const Tensor* tensor = nullptr;
  const absl::Status status = ctx->input(of, &tensor);
  if (status.ok()) return Out(ctx, name, tensor->shape());
  ctx->CtxFailure(status);
  return nullptr;
}

class MonetHdOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    MonetLayer layer;
    OP_REQUIRES_OK(ctx, BeginHd(ctx, &layer));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "u_bias", {layer.s, layer.half[0].codes}));
    layer.half[0].u_bias = In(ctx, "u_bias");
    float* y = Out(ctx, "y", {layer.tokens, layer.d});
    float* const codes[2] = {Out(ctx, "codes", {layer.half[0].uses.total, layer.half[0].codes}), nullptr};
    if (ctx->status().ok()) layer.Forward(ctx, codes, y);
  }
};

class MonetHdGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    MonetLayer layer;
    OP_REQUIRES_OK(ctx, BeginHd(ctx, &layer));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "dy", {layer.tokens, layer.d}));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "codes", {layer.half[0].uses.total, layer.half[0].codes}));
    MonetHalfGradient out[2];
    float* dx = OutAs(ctx, "dx", "x");
    out[0].gates = OutAs(ctx, "dgates1", "gates1");
    out[1].gates = OutAs(ctx, "dgates2", "gates2");
    out[0].u = OutAs(ctx, "du", "u");
    out[0].u_bias = Out(ctx, "du_bias", {layer.s, layer.half[0].codes});
    out[1].mix = OutAs(ctx, "dv", "v");
    out[1].bias = OutAs(ctx, "db", "b");
    const float* const codes[2] = {In(ctx, "codes"), nullptr};
    if (ctx->status().ok()) layer.Backward(ctx, codes, In(ctx, "dy"), dx, out);
  }
};

class MonetVdOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    MonetLayer layer;
    OP_REQUIRES_OK(ctx, BeginVd(ctx, &layer));
    float* y = Out(ctx, "y", {layer.tokens, layer.d});
    float* codes[2];
    for (int k = 0; k < 2; k++) {
      const char* bias = k == 0 ? "u_bias1" : "u_bias2";
      OP_REQUIRES_OK(ctx, CheckShape(ctx, bias, {layer.s, layer.half[k].codes}));
      layer.half[k].u_bias = In(ctx, bias);
      codes[k] = Out(ctx, k == 0 ? "codes1" : "codes2", {layer.half[k].uses.total, layer.half[k].codes});
    }
    if (ctx->status().ok()) layer.Forward(ctx, codes, y);
  }
};

class MonetVdGradOp : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* ctx) override {
    MonetLayer layer;
    OP_REQUIRES_OK(ctx, BeginVd(ctx, &layer));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "dy", {layer.tokens, layer.d}));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "codes1", {layer.half[0].uses.total, layer.half[0].codes}));
    OP_REQUIRES_OK(ctx, CheckShape(ctx, "codes2", {layer.half[1].uses.total, layer.half[1].codes}));
    float* dx = OutAs(ctx, "dx", "x");
    const tensorflow::TensorShape bias{layer.s, layer.half[0].codes};
    const MonetHalfGradient out[2] = {
        {OutAs(ctx, "dgates1", "gates1"), OutAs(ctx, "du1", "u1"), Out(ctx, "du_bias1", bias), OutAs(ctx, "dv11", "v11"), OutAs(ctx, "dv12", "v12"), OutAs(ctx, "db1", "b1")},
        {OutAs(ctx, "dgates2", "gates2"), OutAs(ctx, "du2", "u2"), Out(ctx, "du_bias2", bias), OutAs(ctx, "dv22", "v22"), OutAs(ctx, "dv21", "v21"), OutAs(ctx, "db2", "b2")}};
    const float* const codes[2] = {In(ctx, "codes1"), In(ctx, "codes2")};
    if (ctx->status().ok()) layer.Backward(ctx, codes, In(ctx, "dy"), dx, out);
  }
};

REGISTER_KERNEL_BUILDER(Name("LoupeMonetHd").Device(tensorflow::DEVICE_CPU), MonetHdOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetHdGrad").Device(tensorflow::DEVICE_CPU), MonetHdGradOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetVd").Device(tensorflow::DEVICE_CPU), MonetVdOp);
REGISTER_KERNEL_BUILDER(Name("LoupeMonetVdGrad").Device(tensorflow::DEVICE_CPU), MonetVdGradOp);

}  // namespace
}  // namespace loupe
