// Which sub-experts the tokens use: gates are mostly 0, and what follows is computed for the others only.
#pragma once

#include <vector>

#include "monet-kernels.h"
#include "op-support.h"

namespace loupe {

// A use is a token and a sub-expert that some head's gate of it lets through. They are kept twice: by token, and by sub-expert (within it by
// token), where a use has its number. Each block of tokens has its own, so that blocks are independent work.
struct UsesOfBlock {
  int64_t begin = 0, end = 0;         // tokens
  int64_t base = 0;                   // number of the first use among those of all blocks
  std::vector<int32_t> first;         // [tokens + 1], into the next two
  std::vector<int32_t> expert;        // by token
  std::vector<int32_t> number;        // by token: the use's number in this block
  std::vector<int32_t> expert_first;  // [s + 1], numbers of each sub-expert's uses
  std::vector<int32_t> token;         // by number: the token, counted from `begin`

  int64_t size() const { return static_cast<int64_t>(token.size()); }
};

struct Uses {
  int64_t total = 0;
  std::vector<UsesOfBlock> blocks;
};

// Tokens of a block: enough that a sub-expert's weights serve several of them. It depends on s alone.
inline int64_t TokensOfBlock(int64_t s) { return std::max<int64_t>(128, std::min<int64_t>(512, 2 * s)); }

inline void FindUsesOfBlock(const float* gates, int heads, int s, UsesOfBlock* block) {
  const MonetKernels& kernels = BestMonetKernels();
  std::vector<int32_t> columns(s + 16);
  block->first.assign(1, 0);
  block->expert_first.assign(s + 1, 0);
  for (int64_t t = block->begin; t < block->end; t++) {
    const int count = kernels.used(gates + t * heads * s, heads, s, columns.data());
    block->expert.insert(block->expert.end(), columns.begin(), columns.begin() + count);
    block->first.push_back(static_cast<int32_t>(block->expert.size()));
    for (int c = 0; c < count; c++) block->expert_first[columns[c] + 1]++;
  }
  for (int i = 0; i < s; i++) block->expert_first[i + 1] += block->expert_first[i];
  std::vector<int32_t> next(block->expert_first.begin(), block->expert_first.end() - 1);
  block->number.resize(block->expert.size());
  block->token.resize(block->expert.size());
  for (int32_t t = 0; t < block->end - block->begin; t++) {
    for (int32_t u = block->first[t]; u < block->first[t + 1]; u++) {
      block->number[u] = next[block->expert[u]]++;
      block->token[block->number[u]] = t;
    }
  }
}

// gates [tokens, heads, s]
inline Uses FindUses(tensorflow::OpKernelContext* ctx, const tensorflow::Tensor& gates) {
  const int64_t tokens = gates.dim_size(0), s = gates.dim_size(2), size = TokensOfBlock(s);
  Uses uses;
  uses.blocks.resize((tokens + size - 1) / size);
  const float* from = gates.flat<float>().data();
  ForBlocks(ctx, tokens, size, [&](int64_t begin, int64_t end) {
    UsesOfBlock& block = uses.blocks[begin / size];
    block.begin = begin;
    block.end = end;
    FindUsesOfBlock(from, static_cast<int>(gates.dim_size(1)), static_cast<int>(s), &block);
  });
  for (UsesOfBlock& block : uses.blocks) {
    block.base = uses.total;
    uses.total += block.size();
  }
  return uses;
}

}  // namespace loupe
