// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ptx/execution.h"
#include "ptx/lanes.h"
#include "ptx/race.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

// Lets the lanes go on whose partners are all here, and holds the others. `body` runs with
// warp.mask set to the lanes that go.
template <class Body>
Step meet(Warp& warp, const Op& op, Body body) {
  const Source<u32> members(warp, op.e);
  const std::uint32_t here = warp.mask;
  std::uint32_t ready = 0;
  std::uint32_t outside = 0;
  for_each_lane(here, [&](int lane) {
    const u32 named = members[lane];
    if (((named >> lane) & 1) == 0) outside |= 1u << lane;
    if ((named & warp.live & ~here) == 0) ready |= 1u << lane;
  });
  if (outside != 0 && (warp.checks & kCheckSync) != 0) {
    warp.mask = outside;
    const int lane = std::countr_zero(outside);
    return raise(warp, FaultKind::InvalidSync,
                 fmt::format("lane {} executes this with the mask {:#010x}, which does not name it",
                             lane, members[lane]));
  }
  warp.mask = ready;
  if (ready != 0) {
    const Step step = body(members);
    if (step == Step::Fault) return step;
  }
  if (ready == here) return Step::Next;
  return hold(warp, here & ~ready);
}

}  // namespace

ShuffleSource shuffle_source(ShuffleMode mode, int lane, std::uint32_t b, std::uint32_t c) {
  const int operand = static_cast<int>(b & 31);
  const int clamp = static_cast<int>(c & 31);
  const int segment = static_cast<int>((c >> 8) & 31);
  const int most = (lane & segment) | (clamp & ~segment);
  const int least = lane & segment;
  int from = lane;
  bool valid = false;
  switch (mode) {
    case ShuffleMode::Up:
      from = lane - operand;
      valid = from >= most;
      break;
    case ShuffleMode::Down:
      from = lane + operand;
      valid = from <= most;
      break;
    case ShuffleMode::Butterfly:
      from = lane ^ operand;
      valid = from <= most;
      break;
    case ShuffleMode::Index:
      from = least | (operand & ~segment);
      valid = from <= most;
      break;
  }
  return {valid ? from : lane, valid};
}

namespace {

Step shuffle_lanes(Warp& warp, const Op& op, const Source<u32>& members) {
  const Source<u32> a(warp, op.a);
  const Source<u32> b(warp, op.b);
  const Source<u32> c(warp, op.c);
  const auto mode = static_cast<ShuffleMode>(op.aux);
  std::array<u32, kLanes> value{};
  std::uint32_t in_range = 0;
  std::uint32_t invalid = 0;
  for_each_lane(warp.mask, [&](int lane) {
    const auto [from, valid] = shuffle_source(mode, lane, b[lane], c[lane]);
    value[lane] = a[from];
    in_range |= std::uint32_t{valid} << lane;
    const bool there = ((members[lane] & warp.mask) >> from & 1) != 0;
    if (!there) invalid |= 1u << lane;
  });
  if (invalid != 0 && (warp.checks & kCheckSync) != 0) {
    warp.mask = invalid;
    return raise(warp, FaultKind::InvalidSync,
                 "a shuffle reads the value of a lane that does not take part in it");
  }
  write_lanes<u32>(warp, op.d, [&](int i) { return value[i]; });
  if (op.list != kNoRef) set_predicate(warp, op.list, in_range);
  return Step::Next;
}

template <class T>
Step match_any(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    const Source<T> a(warp, op.a);
    std::array<u32, kLanes> value{};
    for_each_lane(warp.mask, [&](int lane) {
      for_each_lane(members[lane] & warp.mask, [&](int other) {
        value[lane] |= static_cast<u32>(a[other] == a[lane]) << other;
      });
    });
    write_lanes<u32>(warp, op.d, [&](int i) { return value[i]; });
    return Step::Next;
  });
}

template <class T>
Step match_all(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    const Source<T> a(warp, op.a);
    std::array<u32, kLanes> value{};
    std::uint32_t equal = 0;
    for_each_lane(warp.mask, [&](int lane) {
      const u32 named = members[lane] & warp.mask;
      bool same = true;
      for_each_lane(named, [&](int other) { same = same && a[other] == a[lane]; });
      value[lane] = same ? named : 0;
      equal |= std::uint32_t{same} << lane;
    });
    write_lanes<u32>(warp, op.d, [&](int i) { return value[i]; });
    if (op.list != kNoRef) set_predicate(warp, op.list, equal);
    return Step::Next;
  });
}

u32 reduce_pair(WarpReduction how, u32 x, u32 y) {
  switch (how) {
    case WarpReduction::Add:
      return x + y;
    case WarpReduction::Min:
      return x < y ? x : y;
    case WarpReduction::Max:
      return x > y ? x : y;
    case WarpReduction::And:
      return x & y;
    case WarpReduction::Or:
      return x | y;
    case WarpReduction::Xor:
      return x ^ y;
    case WarpReduction::SignedMin:
      return static_cast<s32>(x) < static_cast<s32>(y) ? x : y;
    case WarpReduction::SignedMax:
      return static_cast<s32>(x) > static_cast<s32>(y) ? x : y;
  }
  return x;
}

bool vote_of(VoteMode mode, u32 votes, u32 named) {
  if (mode == VoteMode::All) return votes == named;
  if (mode == VoteMode::Any) return votes != 0;
  return votes == named || votes == 0;
}

}  // namespace

Step warp_barrier(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    if (warp.races != nullptr) {
      warp.races->warp_barrier(warp, members[std::countr_zero(warp.mask)]);
    }
    return Step::Next;
  });
}

namespace {

// The lanes that get a value from within their segment. All 32 take part.
template <ShuffleMode kMode>
std::uint32_t shuffle_all(const u32* a, int operand, u32 c, std::array<u32, kLanes>& values) {
  const int clamp = static_cast<int>(c & 31);
  const int segment = static_cast<int>((c >> 8) & 31);
  std::uint32_t in_range = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const int most = (lane & segment) | (clamp & ~segment);
    const int from = kMode == ShuffleMode::Up          ? lane - operand
                     : kMode == ShuffleMode::Down      ? lane + operand
                     : kMode == ShuffleMode::Butterfly ? lane ^ operand
                                                       : (lane & segment) | (operand & ~segment);
    const bool valid = kMode == ShuffleMode::Up ? from >= most : from <= most;
    values[static_cast<std::size_t>(lane)] = a[valid ? from : lane];
    in_range |= std::uint32_t{valid} << lane;
  }
  return in_range;
}

bool is_uniform(const u32* row) {
  u32 different = 0;
  for (int i = 0; i < kLanes; ++i) different |= row[i] ^ row[0];
  return different == 0;
}

// As in reductions: every lane takes part, and none asks for anything else than the others.
bool is_uniform_shuffle(const Warp& warp, const Op& op) {
  return warp.mask == kAllLanes && *row32(warp, op.e) == kAllLanes &&
         is_uniform(row32(warp, op.e)) && is_uniform(row32(warp, op.b)) &&
         is_uniform(row32(warp, op.c));
}

void shuffle_uniform(Warp& warp, const Op& op) {
  const u32* a = row32(warp, op.a);
  const int operand = static_cast<int>(*row32(warp, op.b) & 31);
  const u32 c = *row32(warp, op.c);
  using Shuffle = std::uint32_t (*)(const u32*, int, u32, std::array<u32, kLanes>&);
  static constexpr std::array<Shuffle, 4> kShuffles{
      &shuffle_all<ShuffleMode::Up>, &shuffle_all<ShuffleMode::Down>,
      &shuffle_all<ShuffleMode::Butterfly>, &shuffle_all<ShuffleMode::Index>};
  std::array<u32, kLanes> values;
  const std::uint32_t in_range = kShuffles[op.aux](a, operand, c, values);
  std::copy(values.begin(), values.end(), row32(warp, op.d));
  if (op.list != kNoRef) set_predicate(warp, op.list, in_range);
}

}  // namespace

Step shuffle(Warp& warp, const Op& op) {
  if (is_uniform_shuffle(warp, op)) {
    shuffle_uniform(warp, op);
    return Step::Next;
  }
  return meet(warp, op,
              [&](const Source<u32>& members) { return shuffle_lanes(warp, op, members); });
}

Step vote(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    const auto mode = static_cast<VoteMode>(op.aux);
    const std::uint32_t votes = predicate(warp, op.a) & warp.mask;
    if (mode == VoteMode::Ballot) {
      write_lanes<u32>(warp, op.d, [&](int i) { return votes & members[i]; });
      return Step::Next;
    }
    std::uint32_t result = 0;
    for_each_lane(warp.mask, [&](int lane) {
      const u32 named = members[lane] & warp.mask;
      result |= static_cast<u32>(vote_of(mode, votes & named, named)) << lane;
    });
    set_predicate(warp, op.d, result);
    return Step::Next;
  });
}

Step match_any32(Warp& warp, const Op& op) {
  return match_any<u32>(warp, op);
}
Step match_any64(Warp& warp, const Op& op) {
  return match_any<u64>(warp, op);
}
Step match_all32(Warp& warp, const Op& op) {
  return match_all<u32>(warp, op);
}
Step match_all64(Warp& warp, const Op& op) {
  return match_all<u64>(warp, op);
}

Step reduce(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    const Source<u32> a(warp, op.a);
    const auto how = static_cast<WarpReduction>(op.aux);
    std::array<u32, kLanes> value{};
    for_each_lane(warp.mask, [&](int lane) {
      const u32 named = members[lane] & warp.mask;
      u32 total = a[std::countr_zero(named)];
      for_each_lane(named & (named - 1),
                    [&](int other) { total = reduce_pair(how, total, a[other]); });
      value[lane] = total;
    });
    write_lanes<u32>(warp, op.d, [&](int i) { return value[i]; });
    return Step::Next;
  });
}

Step active_mask(Warp& warp, const Op& op) {
  const u32 lanes = warp.mask;
  write_lanes<u32>(warp, op.d, [=](int) { return lanes; });
  return Step::Next;
}

Step elect(Warp& warp, const Op& op) {
  return meet(warp, op, [&](const Source<u32>& members) {
    std::array<u32, kLanes> leader{};
    std::uint32_t elected = 0;
    for_each_lane(warp.mask, [&](int lane) {
      leader[lane] = static_cast<u32>(std::countr_zero(members[lane] & warp.mask));
      elected |= static_cast<u32>(leader[lane] == static_cast<u32>(lane)) << lane;
    });
    if (op.d != kNoRef) write_lanes<u32>(warp, op.d, [&](int i) { return leader[i]; });
    set_predicate(warp, op.list, elected);
    return Step::Next;
  });
}

}  // namespace fitest::ptx
