// SPDX-License-Identifier: Apache-2.0
// Ops whose results are functions of their sources, lane by lane.
#include <array>
#include <bit>

#include "ptx/bits.h"
#include "ptx/track_lanes.h"

namespace fitest::ptx {
namespace {

constexpr u64 kAllBits = ~u64{0};

// The sources of one lane.
struct LaneSources {
  std::array<u64, 4> value{};
  std::array<u64, 4> undefined{};
};

u64 low_bits(int count) {
  return count >= 64 ? kAllBits : (u64{1} << count) - 1;
}

int bits_of_code(char code) {
  return code == 'p' ? 1 : code == 'h' ? 16 : code == 'l' || code == 'd' ? 64 : 32;
}

u64 extend(u64 bits, int width, bool is_signed) {
  bits &= low_bits(width);
  const bool sign = is_signed && (bits >> (width - 1) & 1) != 0;
  return sign ? bits | ~low_bits(width) : bits;
}

u64 any_of(const LaneSources& s) {
  return (s.undefined[0] | s.undefined[1] | s.undefined[2] | s.undefined[3]) != 0 ? kAllBits : 0;
}

u64 halves_of(const LaneSources& s) {
  const u64 all = s.undefined[0] | s.undefined[1] | s.undefined[2];
  return ((all & 0xFFFF) != 0 ? 0xFFFF : 0) | ((all >> 16 & 0xFFFF) != 0 ? 0xFFFF0000 : 0);
}

// Bits beyond the lowest undefined one may carry.
u64 upward(const LaneSources& s) {
  const u64 all = s.undefined[0] | s.undefined[1] | s.undefined[2];
  return all | (0 - all);
}

// A shift by an undefined count makes all undefined; others move the bits by the same count.
u64 shifted(const Tracked& tracked, const LaneSources& s, int width) {
  if (s.undefined[1] != 0) return kAllBits;
  const u64 count = s.value[1] & 0xFFFFFFFF;
  const u64 bits = s.undefined[0] & low_bits(width);
  const u64 most = static_cast<u64>(width) - 1;
  if (tracked.flow == Flow::ShiftLeft) return count > most ? 0 : bits << count;
  if (!tracked.is_signed) return count > most ? 0 : bits >> count;
  const s64 value = static_cast<s64>(extend(bits, width, true));
  return static_cast<u64>(value >> std::min(count, most));
}

u64 funnelled(const Tracked& tracked, const LaneSources& s) {
  if (s.undefined[2] != 0) return kAllBits;
  // Clamped counts are those of 32 or less; wrapped ones lose their upper bits anyway.
  const u32 count = static_cast<u32>(s.value[2]);
  const bool clamps = tracked.is_signed;
  const u32 used = clamps ? std::min<u32>(count, 32) : count & 31;
  const u32 low = static_cast<u32>(s.undefined[0]);
  const u32 high = static_cast<u32>(s.undefined[1]);
  return tracked.flow == Flow::FunnelLeft ? funnel_left(low, high, used)
                                          : funnel_right(low, high, used);
}

u64 extracted(const Tracked& tracked, const LaneSources& s, int width) {
  if ((s.undefined[1] | s.undefined[2]) != 0) return kAllBits;
  const auto first = static_cast<u32>(s.value[1]);
  const auto count = static_cast<u32>(s.value[2]);
  if (width == 32) {
    return tracked.is_signed
               ? static_cast<u32>(extract_field(static_cast<s32>(s.undefined[0]), first, count))
               : extract_field(static_cast<u32>(s.undefined[0]), first, count);
  }
  return tracked.is_signed
             ? static_cast<u64>(extract_field(static_cast<s64>(s.undefined[0]), first, count))
             : extract_field(s.undefined[0], first, count);
}

u64 inserted(const LaneSources& s, int width) {
  if ((s.undefined[2] | s.undefined[3]) != 0) return kAllBits;
  const auto first = static_cast<u32>(s.value[2]);
  const auto count = static_cast<u32>(s.value[3]);
  if (width == 32) {
    return insert_field(static_cast<u32>(s.undefined[0]), static_cast<u32>(s.undefined[1]), first,
                        count);
  }
  return insert_field(s.undefined[0], s.undefined[1], first, count);
}

// Undefined where two choices of the undefined bits differ; each bit by itself.
u64 logic3(u32 table, const LaneSources& s) {
  u64 all = kAllBits;
  u64 some = 0;
  for (u32 choice = 0; choice < 8; ++choice) {
    std::array<u64, 3> x{};
    for (u32 i = 0; i < 3; ++i) {
      x[i] = (choice >> i & 1) != 0 ? s.value[i] | s.undefined[i] : s.value[i] & ~s.undefined[i];
    }
    u64 result = 0;
    for (u32 term = 0; term < 8; ++term) {
      if ((table >> term & 1) == 0) continue;
      result |= ((term & 4) != 0 ? x[0] : ~x[0]) & ((term & 2) != 0 ? x[1] : ~x[1]) &
                ((term & 1) != 0 ? x[2] : ~x[2]);
    }
    all &= result;
    some |= result;
  }
  return all ^ some;
}

u64 flow_of(const Tracked& tracked, const LaneSources& s) {
  const auto& value = s.value;
  const auto& undefined = s.undefined;
  const int width = bits_of_code(tracked.codes[0]);
  switch (tracked.flow) {
    case Flow::Any:
      return any_of(s);
    case Flow::Halves:
      return halves_of(s);
    case Flow::Upward:
      return upward(s);
    case Flow::Move:
      return undefined[0] | undefined[1];
    case Flow::ShiftRight:
      return undefined[0] >> tracked.shift & low_bits(tracked.from_bits);
    case Flow::Pack:
      return (undefined[0] & low_bits(tracked.shift)) | undefined[1] << tracked.shift;
    case Flow::PackHalves:
      return (undefined[1] != 0 ? 0xFFFF : 0) | (undefined[0] != 0 ? 0xFFFF0000 : 0);
    case Flow::ShiftLeft:
    case Flow::ShiftDown:
      return shifted(tracked, s, width);
    case Flow::FunnelLeft:
    case Flow::FunnelRight:
      return funnelled(tracked, s);
    case Flow::Permute:
      if (undefined[2] != 0) return kAllBits;
      return permute_bytes(static_cast<u32>(undefined[0]), static_cast<u32>(undefined[1]),
                           static_cast<u32>(value[2]));
    case Flow::Extract:
      return extracted(tracked, s, width);
    case Flow::Insert:
      return inserted(s, width);
    case Flow::Choose:
      if (undefined[2] != 0) return kAllBits;
      return value[2] != 0 ? undefined[0] : undefined[1];
    case Flow::And:
      return (undefined[0] | value[0]) & (undefined[1] | value[1]) & (undefined[0] | undefined[1]);
    case Flow::Or:
      return (undefined[0] | ~value[0]) & (undefined[1] | ~value[1]) &
             (undefined[0] | undefined[1]);
    case Flow::Lop3:
      return logic3(tracked.op.aux, s);
    case Flow::Equal:
      return ((value[0] ^ value[1]) & ~(undefined[0] | undefined[1]) &
              low_bits(bits_of_code(tracked.codes[1]))) != 0
                 ? 0
                 : any_of(s);
    case Flow::Extend: {
      const u64 from = extend(undefined[0], tracked.from_bits, tracked.is_signed);
      return extend(from, tracked.to_bits, tracked.extends_signed);
    }
  }
  return kAllBits;
}

u64 value_of(const Warp& warp, Ref ref, char code, int lane) {
  if (ref == kNoRef) return 0;
  if (code == 'p') return predicate(warp, ref) >> lane & 1;
  return bits_of_code(code) == 64 ? row64(warp, ref)[lane] : row32(warp, ref)[lane];
}

Undefined result_of(const Warp& warp, const Tracked& tracked, int lane) {
  const std::array<Ref, 4> refs = {tracked.op.a, tracked.op.b, tracked.op.c, tracked.op.e};
  LaneSources sources;
  Undefined result;
  for (std::size_t i = 0; i + 1 < tracked.codes.size() && i < refs.size(); ++i) {
    const Undefined undefined = warp.defined->get(warp.frame, tracked.sources[i], lane);
    sources.undefined[i] = undefined.bits;
    sources.value[i] = value_of(warp, refs[i], tracked.codes[i + 1], lane);
    if (result.load_pc1 == 0) result.load_pc1 = undefined.load_pc1;
  }
  const int width = bits_of_code(tracked.codes[0]);
  const u64 bits = flow_of(tracked, sources) & low_bits(width);
  result.bits = bits == low_bits(width) ? kAllBits : bits;
  return result;
}

// Some source lacks bits: works out which of the result's do, before the handler overwrites one.
[[gnu::noinline]] Step spread(Warp& warp, const Tracked& tracked) {
  std::array<Undefined, kLanes> results;
  for_each_lane(warp.mask, [&](int lane) { results[lane] = result_of(warp, tracked, lane); });
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  for_each_lane(warp.mask,
                [&](int lane) { warp.defined->set(warp.frame, tracked.d, lane, results[lane]); });
  return step;
}

}  // namespace

Step track_value(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  RowState* rows = warp.defined->rows(warp.frame);
  const std::uint32_t undefined = rows[tracked.sources[0]].any | rows[tracked.sources[1]].any |
                                  rows[tracked.sources[2]].any | rows[tracked.sources[3]].any;
  if ((undefined & warp.mask) != 0) [[unlikely]]
    return spread(warp, tracked);
  define(rows[tracked.d], warp.mask);
  return tracked.op.handler(warp, tracked.op);
}

// The carry flag is a source and a result of its own.
Step track_carry(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  std::uint32_t undefined = 0;
  std::uint32_t load = 0;
  const auto add = [&](std::uint32_t row) {
    const std::uint32_t lanes = undefined_lanes(warp, row);
    undefined |= lanes;
    if (lanes != 0 && load == 0) {
      load = warp.defined->get(warp.frame, row, std::countr_zero(lanes)).load_pc1;
    }
  };
  for (const std::uint32_t row : tracked.sources) add(row);
  if (tracked.reads_carry) add(tracked.p);
  const Step step = tracked.op.handler(warp, tracked.op);
  for_each_lane(warp.mask, [&](int lane) {
    const Undefined result{(undefined >> lane & 1) != 0 ? kAllBits : 0, load};
    warp.defined->set(warp.frame, tracked.d, lane, result);
    if (tracked.writes_carry) warp.defined->set(warp.frame, tracked.p, lane, result);
  });
  return step;
}

}  // namespace fitest::ptx
