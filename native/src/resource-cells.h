// Resource variables that an op changes in place.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "op-support.h"
#include "tensorflow/core/framework/resource_mgr.h"
#include "tensorflow/core/framework/resource_var.h"

namespace loupe {

// The variables behind the first `kCount` inputs of an op, locked until this goes out of scope.
template <int kCount>
class Cells {
 public:
  // `names` are for messages; no variable may be given twice.
  absl::Status Open(tensorflow::OpKernelContext* ctx, const char* const* names) {
    for (int i = 0; i < kCount; i++) {
      TF_RETURN_IF_ERROR(tensorflow::LookupResource(ctx, tensorflow::HandleFromInput(ctx, i), &variables_[i]));
      for (int j = 0; j < i; j++) {
        if (variables_[j].get() == variables_[i].get()) return Refuse(names[i], " is the same variable as ", names[j]);
      }
    }
    for (const auto& variable : variables_) locks_.push_back(std::make_unique<tensorflow::mutex_lock>(*variable->mu()));
    return absl::OkStatus();
  }

  tensorflow::Tensor* tensor(int i) const { return variables_[i]->tensor(); }

  // Puts variable `i` into a buffer that nobody else reads: one that was read and kept is copied first.
  absl::Status Writable(tensorflow::OpKernelContext* ctx, int i, tensorflow::DataType dtype, const tensorflow::TensorShape& shape,
                        const char* name) {
    tensorflow::Tensor* value = tensor(i);
    if (value->dtype() != dtype) return Refuse(name, " has the wrong dtype");
    if (value->shape() != shape) return Refuse(name, " must be ", shape.DebugString(), ", not ", value->shape().DebugString());
    if (value->RefCountIsOne()) return absl::OkStatus();
    tensorflow::Tensor own;
    TF_RETURN_IF_ERROR(ctx->allocate_temp(dtype, shape, &own));
    std::memcpy(own.data(), value->data(), value->TotalBytes());
    *value = own;
    return absl::OkStatus();
  }

 private:
  tensorflow::core::RefCountPtr<tensorflow::Var> variables_[kCount];
  std::vector<std::unique_ptr<tensorflow::mutex_lock>> locks_;
};

}  // namespace loupe
