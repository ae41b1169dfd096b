#include <cstdlib>
#include <cstring>

#include "encode-kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace loupe {
namespace {

struct Tiers {
  EncodeTier bf16 = EncodeTier::kNone, int8 = EncodeTier::kNone;
};

#if defined(__x86_64__)
// Linux hands a process the tile registers when it asks for them; without that the first tile instruction is a fault.
bool TilesPermitted() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

Tiers Choose() {
  Tiers tiers;
  const char* asked = std::getenv("LOUPE_ISA");
  const auto is = [&](const char* name) { return asked != nullptr && std::strcmp(asked, name) == 0; };
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512 || kEncodeKernels.nominate == nullptr || is("baseline") || is("avx2") || is("avx512")) return tiers;
  if (kBf16Product.multiply != nullptr && __builtin_cpu_supports("avx512bf16")) tiers.bf16 = EncodeTier::kAvx512;
  if (kInt8Product.multiply != nullptr && __builtin_cpu_supports("avx512vnni")) tiers.int8 = EncodeTier::kAvx512;
  if (is("avx512bf16") || kAmxBf16Product.multiply == nullptr) return tiers;
  unsigned a = 0, b = 0, c = 0, features = 0;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kInt8 = 1u << 25;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &features) || !(features & kTile) || !TilesPermitted()) return tiers;
  if (features & kBf16) tiers.bf16 = EncodeTier::kAmx;
  if (features & kInt8) tiers.int8 = EncodeTier::kAmx;
  return tiers;
}
#else
Tiers Choose() { return {}; }
#endif

}  // namespace

EncodeTier BestEncodeTier(bool int8) {
  static const Tiers tiers = Choose();
  return int8 ? tiers.int8 : tiers.bf16;
}

const EncodeProduct& EncodeProductOf(EncodeTier tier, bool int8) {
  if (tier == EncodeTier::kAmx) return int8 ? kAmxInt8Product : kAmxBf16Product;
  return int8 ? kInt8Product : kBf16Product;
}

}  // namespace loupe
