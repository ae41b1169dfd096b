// The encoder product by AMX tiles: bfloat16, and int8 (unsigned x, signed weights).
#include "encode-kernels.h"

#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
#include <immintrin.h>

namespace loupe {
namespace {

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t line_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t lines[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// The runtime's own kernels remember which configuration a thread has; it gets it back.
void Begin(void* saved) {
  static const TileConfig config;  // static: GCC 12 does not see that the instruction reads all of it
  _tile_storeconfig(saved);
  _tile_loadconfig(&config);
}
void End(const void* saved) {
  if (*static_cast<const uint8_t*>(saved) == 0) _tile_release();
  else _tile_loadconfig(saved);
}

// Tiles of weights that stay in the first-level cache while the rows go by: 2 panels of 8 steps are 16 KiB.
constexpr int kChunk = 8;

// 2 x 2 tiles of c at a time: 0-3 hold c, 4-5 x, 6-7 weights.
#define LOUPE_AMX_MULTIPLY(NAME, DOT)                                                                                       \
  void NAME(const uint8_t* x, int rows, const uint8_t* w, int steps, void* c) {                                             \
    const int64_t part = static_cast<int64_t>(steps) * kTileBytes;                                                          \
    constexpr int line = 4 * kLineBytes;                                                                                    \
    for (int half = 0; half < 2; half++) {                                                                                  \
      for (int from = 0; from < steps; from += kChunk) {                                                                    \
        const int to = from + kChunk < steps ? from + kChunk : steps;                                                       \
        for (int r = 0; r < rows; r += kProductRows) {                                                                      \
          uint8_t* out = static_cast<uint8_t*>(c) + r * line + half * 2 * kLineBytes;                                       \
          if (from == 0) {                                                                                                  \
            _tile_zero(0);                                                                                                  \
            _tile_zero(1);                                                                                                  \
            _tile_zero(2);                                                                                                  \
            _tile_zero(3);                                                                                                  \
          } else {                                                                                                          \
            _tile_loadd(0, out, line);                                                                                      \
            _tile_loadd(1, out + kLineBytes, line);                                                                         \
            _tile_loadd(2, out + kTileLines * line, line);                                                                  \
            _tile_loadd(3, out + kTileLines * line + kLineBytes, line);                                                     \
          }                                                                                                                 \
          const uint8_t *xs = x + r / kTileLines * part + from * kTileBytes, *ws = w + 2 * half * part + from * kTileBytes; \
          for (int s = from; s < to; s++, xs += kTileBytes, ws += kTileBytes) {                                             \
            _tile_loadd(4, xs, kLineBytes);                                                                                 \
            _tile_loadd(6, ws, kLineBytes);                                                                                 \
            DOT(0, 4, 6);                                                                                                   \
            _tile_loadd(7, ws + part, kLineBytes);                                                                          \
            DOT(1, 4, 7);                                                                                                   \
            _tile_loadd(5, xs + part, kLineBytes);                                                                          \
            DOT(2, 5, 6);                                                                                                   \
            DOT(3, 5, 7);                                                                                                   \
          }                                                                                                                 \
          _tile_stored(0, out, line);                                                                                       \
          _tile_stored(1, out + kLineBytes, line);                                                                          \
          _tile_stored(2, out + kTileLines * line, line);                                                                   \
          _tile_stored(3, out + kTileLines * line + kLineBytes, line);                                                      \
        }                                                                                                                   \
      }                                                                                                                     \
    }                                                                                                                       \
  }

LOUPE_AMX_MULTIPLY(MultiplyBf16, _tile_dpbf16ps)
LOUPE_AMX_MULTIPLY(MultiplyInt8, _tile_dpbusd)

}  // namespace

extern const EncodeProduct kAmxBf16Product, kAmxInt8Product;
const EncodeProduct kAmxBf16Product = {"amx-bf16", Begin, End, MultiplyBf16};
const EncodeProduct kAmxInt8Product = {"amx-int8", Begin, End, MultiplyInt8};
}  // namespace loupe
#else
namespace loupe {
extern const EncodeProduct kAmxBf16Product, kAmxInt8Product;
const EncodeProduct kAmxBf16Product = {};
const EncodeProduct kAmxInt8Product = {};
}  // namespace loupe
#endif
