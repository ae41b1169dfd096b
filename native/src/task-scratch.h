// Memory of a task, aligned for vectors, for as long as it runs.
#pragma once

#include "op-support.h"

namespace loupe {

class Scratch {
 public:
  explicit Scratch(int64_t floats) : data_(static_cast<float*>(tsl::port::AlignedMalloc(sizeof(float) * floats, static_cast<std::align_val_t>(64)))) {}
  ~Scratch() { tsl::port::AlignedFree(data_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  float* data() const { return data_; }

 private:
  float* data_;
};

}  // namespace loupe
