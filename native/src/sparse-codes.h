// Sparse codes as the ops take them: the entries of row r lie at offsets[r] .. offsets[r + 1] of `values` and `indices`.
#pragma once

#include "op-support.h"

namespace loupe {

struct SparseCodes {
  int64_t rows, entries;
  const float* values;
  const int32_t *indices, *offsets;
};

// Reads the inputs `at` (values), `at + 1` (indices) and `at + 2` (offsets); indices must name one of `latents`.
inline absl::Status ReadCodes(tensorflow::OpKernelContext* ctx, int at, int64_t latents, SparseCodes* codes) {
  const tensorflow::Tensor &values = ctx->input(at), &indices = ctx->input(at + 1), &offsets = ctx->input(at + 2);
  TF_RETURN_IF_ERROR(CheckRank(values, "values", 1));
  TF_RETURN_IF_ERROR(CheckRank(offsets, "offsets", 1));
  if (indices.shape() != values.shape()) return Refuse("values and indices differ in shape");
  if (offsets.NumElements() < 1) return Refuse("offsets is empty");
  if (values.NumElements() > INT32_MAX) return Refuse("more than 2^31 entries in a batch");
  *codes = {offsets.NumElements() - 1, values.NumElements(), values.flat<float>().data(), indices.flat<int32_t>().data(),
            offsets.flat<int32_t>().data()};
  bool ascending = codes->offsets[0] == 0 && codes->offsets[codes->rows] == codes->entries;
  for (int64_t r = 0; r < codes->rows; r++) ascending &= codes->offsets[r] <= codes->offsets[r + 1];
  if (!ascending) return Refuse("offsets must ascend from 0 to the number of entries, ", codes->entries);
  return CheckIndices(indices, "indices", latents);
}

// Ends of the groups of latents (Matryoshka dictionaries; one group otherwise), ascending to `latents`.
inline absl::Status ReadEnds(const tensorflow::Tensor& ends, int64_t latents, const int32_t** data) {
  TF_RETURN_IF_ERROR(CheckRank(ends, "ends", 1));
  const int64_t groups = ends.NumElements();
  *data = ends.flat<int32_t>().data();
  bool ascending = groups >= 1 && (*data)[groups - 1] == latents;
  for (int64_t g = 0; ascending && g + 1 < groups; g++) ascending = (*data)[g] < (*data)[g + 1];
  return ascending ? absl::OkStatus() : Refuse("ends must ascend to the number of latents, ", latents);
}

}  // namespace loupe
