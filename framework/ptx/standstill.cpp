// SPDX-License-Identifier: Apache-2.0
#include "ptx/standstill.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "ptx/block.h"
#include "ptx/builtin.h"
#include "ptx/exec_control.h"
#include "ptx/execution.h"
#include "ptx/lanes.h"
#include "ptx/track.h"
#include "ptx/turn.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

// Rounds that a launch has to come back to a state; loops whose waits grow need a few.
constexpr int kMostRounds = 1024;
constexpr std::size_t kMostNamed = 3;

const Op& plain_op(const Warp& warp, const Op& op) {
  return warp.tracked == nullptr ? op : warp.tracked->ops[warp.pc].op;
}

bool reads_clock(const Op& op) {
  if (op.handler != &read_special32 && op.handler != &read_special64) return false;
  switch (static_cast<SpecialRegister>(op.aux)) {
    case SpecialRegister::Clock:
    case SpecialRegister::Clock64:
    case SpecialRegister::ClockHi:
    case SpecialRegister::Globaltimer:
    case SpecialRegister::GlobaltimerLo:
    case SpecialRegister::GlobaltimerHi:
      return true;
    default:
      return false;
  }
}

bool calls_builtin(const Op& op) {
  for (const std::string_view name : {"vprintf", "malloc", "free", "__assertfail"}) {
    if (op.handler == find_builtin(name)) return true;
  }
  return false;
}

// Looks for changes of global memory, which the states of blocks leave out.
class ChangeWatcher : public OpWatcher {
 public:
  explicit ChangeWatcher(bool& changes) : changes_(changes) {}

  void before(const Warp& warp, const Op& executed) override {
    places_ = 0;
    if (warp.mask == 0 || changes_) return;
    const Op& op = plain_op(warp, executed);
    if (reads_clock(op) || calls_builtin(op)) changes_ = true;
    if ((op.flags & kOpWrites) == 0) return;
    bytes_ = op.bytes;
    for_each_lane(warp.mask, [&](int lane) {
      const std::uint64_t address = lane_address(warp, op, lane);
      if (slot_of(address) >= kFirstSlot || bytes_ == 0) remember(warp, address);
    });
  }

  void after(const Warp&) override {
    for (std::size_t i = 0; i < places_; ++i) {
      changes_ = changes_ || std::memcmp(place_[i], old_[i].data(), bytes_) != 0;
    }
  }

 private:
  void remember(const Warp& warp, std::uint64_t address) {
    const std::uint64_t slot = slot_of(address);
    const Segment* segment = slot < kSlotCount ? warp.slots[slot] : nullptr;
    const std::uint64_t offset = segment == nullptr ? 0 : address - segment->base;
    const bool inside = segment != nullptr && bytes_ != 0 && bytes_ <= kMostBytes &&
                        offset <= segment->size && segment->size - offset >= bytes_;
    if (!inside) {
      changes_ = true;
      return;
    }
    place_[places_] = segment->data + offset;
    std::memcpy(old_[places_].data(), place_[places_], bytes_);
    ++places_;
  }

  static constexpr std::size_t kMostBytes = 32;  // of one lane: .v8.b32
  bool& changes_;
  std::size_t bytes_ = 0;
  std::size_t places_ = 0;
  std::array<const std::uint8_t*, kLanes> place_{};
  std::array<std::array<std::uint8_t, kMostBytes>, kLanes> old_{};
};

}  // namespace

WarpStatus run_warp_watched(Warp& warp, bool& changes) {
  ChangeWatcher watcher(changes);
  return run_warp_under(warp, watcher);
}

// FNV-1a over words.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x100000001B3;
  return hash ^ (hash >> 29);
}

std::uint64_t mix(std::uint64_t hash, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    hash = mix(hash, word);
  }
  for (; size > 0; --size, ++at) hash = mix(hash, *at);
  return hash;
}

std::uint64_t state_of(const Warp& warp) {
  const std::array<std::uint32_t, 4> masks = {warp.live, warp.waiting, warp.blocked,
                                              warp.penalised};
  std::uint64_t hash = mix(0, masks.data(), sizeof masks);
  hash = mix(hash, warp.lane_pc.data(), sizeof warp.lane_pc);
  hash = mix(hash, warp.lane_frame.data(), sizeof warp.lane_frame);
  hash = mix(hash, warp.lane_barrier.data(), sizeof warp.lane_barrier);
  for (const Frame& frame : warp.frames) {
    hash = mix(hash, std::uint64_t{frame.function} << 32 | frame.lanes);
    hash = mix(hash, std::uint64_t{frame.return_pc} << 32 | frame.register_base);
  }
  const Frame& last = warp.frames.back();
  const auto& functions = warp.execution->program().functions;
  hash = mix(hash, warp.registers.data(),
             last.register_base + functions[last.function].register_bytes);
  hash = mix(hash, warp.local.data(), warp.local.size());
  for (const AsyncCopy& copy : warp.copies) {
    hash = mix(hash, copy.lanes);
    hash = mix(hash, copy.to.data(), sizeof copy.to);
    hash = mix(hash, copy.from.data(), sizeof copy.from);
  }
  return mix(hash, warp.copy_groups.data(), sizeof warp.copy_groups);
}

bool Standstill::certain() {
  for (int round = 0; round < kMostRounds; ++round) {
    bool changes = false;
    std::uint64_t hash = 0;
    for (Block* block : blocks_) {
      if (block->run_watched(changes) != BlockStatus::Suspended) return false;
      hash = mix(hash, block->state());
    }
    if (changes) return false;
    if (!seen_.insert(hash).second) return true;
  }
  return false;
}

namespace {

// A thread that polls rather than waits at a barrier.
struct Waiter {
  Warp* warp = nullptr;
  int lane = 0;
  std::uint32_t pc = 0;
};

Waiter waiter_of(Block& block) {
  for (Warp& warp : block.warps()) {
    const std::uint32_t lanes = warp.live & ~warp.waiting & ~warp.blocked;
    if (lanes == 0) continue;
    const int lane = std::countr_zero(lanes);
    const bool polls = warp.poll_repeats > 0;
    return {&warp, lane, polls ? warp.poll_pc : warp.lane_pc[static_cast<std::size_t>(lane)]};
  }
  return {};
}

std::string place_text(const Fault& fault) {
  const std::string line = fault.source.line != 0
                               ? fmt::format("{}:{}", fault.source.file, fault.source.line)
                               : fmt::format("ptx:{}", fault.ptx.line);
  return fmt::format("{} (block {}, thread {})", line, to_string(fault.block),
                     to_string(fault.thread));
}

}  // namespace

void Standstill::raise_deadlock() {
  std::vector<Fault> places;
  std::set<std::uint32_t> lines;
  std::uint64_t threads = 0;
  for (Block* block : blocks_) {
    for (const Warp& warp : block->warps()) {
      threads += static_cast<std::uint64_t>(std::popcount(warp.live));
    }
    const Waiter waiter = waiter_of(*block);
    if (waiter.warp == nullptr || !lines.insert(waiter.pc).second) continue;
    waiter.warp->mask = 1U << waiter.lane;
    waiter.warp->pc = waiter.pc;
    places.push_back(fault_at(*waiter.warp, FaultKind::Deadlock, {}));
  }
  if (places.empty()) return;
  Fault fault = places.front();
  fault.message = fmt::format(
      "none of the {} threads that are left, in {} blocks, can go on: they repeat loops over "
      "memory "
      "that nobody will change",
      threads, blocks_.size());
  for (std::size_t i = 1; i < std::min(places.size(), kMostNamed + 1); ++i) {
    fault.message += (i == 1 ? "; others wait at " : ", ") + place_text(places[i]);
  }
  blocks_.front()->execution().raise(std::move(fault));
}

}  // namespace fitest::ptx
