// What Loupe's custom ops share: the runtime's own threads, and argument checks that name the argument.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "row-kernels.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace loupe {

// Calls work(begin, end) for consecutive blocks of `block` items on the runtime's intra-op threads. The blocks are the same
// whatever the number of threads: a sum that is kept for each block and added up in order does not depend on it.
inline void ForBlocks(tensorflow::OpKernelContext* ctx, int64_t total, int64_t block,
                      const std::function<void(int64_t, int64_t)>& work) {
  if (total <= 0) return;
  const int64_t blocks = (total + block - 1) / block;
  const auto* workers = ctx->device()->tensorflow_cpu_worker_threads();
  const auto run = [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; b++) work(b * block, std::min(total, (b + 1) * block));
  };
  if (blocks == 1 || workers == nullptr || workers->num_threads <= 1) return run(0, blocks);
  workers->workers->ParallelFor(blocks, tsl::thread::ThreadPool::SchedulingParams::Fixed(1), run);
}

template <typename... Parts>
absl::Status Refuse(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// `tensor` must have `rank` dimensions; the message names it.
inline absl::Status CheckRank(const tensorflow::Tensor& tensor, const char* name, int rank) {
  if (tensor.dims() == rank) return absl::OkStatus();
  return Refuse(name, " must have ", rank, " dimensions, not ", tensor.shape().DebugString());
}

inline absl::Status CheckDim(const tensorflow::Tensor& tensor, const char* name, int dim, int64_t size) {
  if (tensor.dim_size(dim) == size) return absl::OkStatus();
  return Refuse(name, " must have size ", size, " in dimension ", dim, ", not ",
                                             tensor.shape().DebugString());
}

// Every index must name one of `rows` rows.
inline absl::Status CheckIndices(const tensorflow::Tensor& indices, const char* name, int64_t rows) {
  const auto flat = indices.flat<int32_t>();
  uint32_t most = 0;
  for (int64_t i = 0; i < flat.size(); i++) most = std::max(most, static_cast<uint32_t>(flat(i)));
  if (flat.size() == 0 || most < rows) return absl::OkStatus();
  return Refuse(name, " holds ", static_cast<int32_t>(most), ", outside the ", rows, " rows");
}

}  // namespace loupe
