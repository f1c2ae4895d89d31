// SPDX-License-Identifier: Apache-2.0
// Finds accesses of two threads to the same bytes that nothing orders, in shared and in global
// memory, within one launch.
//
// Order comes from barriers of blocks and warps, mbarriers, and from strong accesses (atomic,
// volatile, relaxed, acquire, release) with the fences around them: PTX ISA §8. race_shadow.h has
// what memory remembers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "ptx/address_space.h"
#include "ptx/block.h"
#include "ptx/race_clock.h"
#include "ptx/race_shadow.h"
#include "ptx/warp.h"

namespace fitest::ptx {

struct FreeLines {
  void operator()(RaceLine* lines) const noexcept { std::free(lines); }
};
using RaceLines = std::unique_ptr<RaceLine, FreeLines>;

// What a place of memory that strong accesses share hands from one to the other.
struct Message {
  std::shared_ptr<const FarTicks> far;    // for everyone
  std::map<std::uint32_t, Ticks> inside;  // for the same block only
};

// What the blocks of a launch share.
class RaceLaunch {
 public:
  explicit RaceLaunch(const Program& program);

  std::uint32_t next_tick() { return ticks_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // Of the whole segment; Error (Environment) when the host has no memory.
  RaceLine* lines_of(const Segment& segment);
  CellPool& cells() { return cells_; }
  std::mutex& stripe(std::uint64_t address) { return stripes_[(address >> 10) % stripes_.size()]; }
  // kOrder… of an op.
  std::uint8_t order(std::uint32_t pc) const { return orders_[pc]; }
  bool has_messages() const { return has_messages_.load(std::memory_order_relaxed); }
  Message receive(std::uint64_t address);
  void send(std::uint64_t address, const Message& message);

 private:
  std::atomic<std::uint32_t> ticks_{0};
  std::atomic<bool> has_messages_{false};
  std::vector<std::uint8_t> orders_;
  std::array<std::mutex, 64> stripes_;
  std::mutex mutex_;
  std::map<std::uint64_t, RaceLines> lines_;  // by base address
  CellPool cells_;
  std::map<std::uint64_t, Message> messages_;
};

inline constexpr std::uint8_t kOrderAcquire = 1;
inline constexpr std::uint8_t kOrderRelease = 2;
inline constexpr std::uint8_t kOrderBlock = 4;  // .cta only

// What the active lanes of a warp touch.
struct Touch {
  const std::uint64_t* address = nullptr;  // by lane, generic, inside of their segments
  std::uint32_t bytes = 0;
  bool reads = false;
  bool writes = false;
  bool strong = false;
  bool pending = false;                 // written when the thread waits, not now
  const std::uint8_t* fresh = nullptr;  // what is stored: lane i's bytes at i * bytes
};

// The races of one block.
class RaceBlock {
 public:
  RaceBlock(Block& block, RaceLaunch& launch, std::size_t warps);
  void start(std::uint32_t block_index);

  void touch(Warp& warp, const Touch& touch);
  // A strong access at these addresses: hands over what fences have made visible.
  void exchange(Warp& warp, const Touch& touch);
  void fence(Warp& warp);
  void warp_barrier(Warp& warp, std::uint32_t members);
  void arrive(const Warp& warp, int barrier);
  void pass(const Warp& warp, int barrier);
  void complete(int barrier);
  // An mbarrier's arrival, and a wait that is over.
  void arrive_at(const Warp& warp, std::uint64_t address);
  void passed(const Warp& warp, std::uint64_t address);
  // The pending writes to shared memory of these lanes are done; by lane, as in Touch.
  void copied(const Warp& warp, std::uint32_t lanes, const Touch& touch);

 private:
  struct Clock {
    std::uint32_t now = 0;
    Knowledge known;
    Knowledge fenced;   // what strong stores hand over
    Ticks fenced_near;  // by fences of the block's scope
    Knowledge pending;  // what strong loads have seen, until a fence
    std::array<std::uint32_t, kLanes> lane_tick{};
    std::array<std::uint32_t, kLanes> lane_members{};
  };
  struct Lane {
    Warp& warp;
    int lane;
    std::uint64_t address;
  };
  // One line's part of what lanes touch.
  struct LinePart {
    RaceLine& line;
    LineRecord now;
    std::uint64_t base;  // address of the line
    std::uint32_t lanes;
  };
  // Before every access that the warp makes now, whatever the lane.
  bool ordered(std::uint32_t block, std::uint32_t warp, std::uint32_t tick,
               std::uint32_t now_warp) const;
  bool ordered(const AccessRecord& before, const AccessRecord& now) const;
  bool passes(const LineRecord& before, const LineRecord& now) const;
  bool note_read(RaceLine& line, const LineRecord& now) const;
  bool note_write(RaceLine& line, const LineRecord& now) const;
  bool collapse(RaceLine& line, const LineRecord& now) const;
  void receive_shared(Clock& clock, std::uint64_t address) const;
  void send_shared(const Clock& clock, std::uint64_t address);
  void receive_global(Clock& clock, std::uint64_t address) const;
  void send_global(const Clock& clock, std::uint64_t address);
  // What of a run that begins at byte range[0] belongs to bytes [range[2], range[3]) of the line at
  // byte range[1].
  static void place_in_line(LinePart& part, const LaneRun& run, std::uint64_t bytes,
                            const std::array<std::uint64_t, 4>& range);
  // For each line that the lanes touch.
  template <class Body>
  void for_each_part(const Warp& warp, std::uint32_t lanes, const Touch& touch, Body body);
  void touch_line(Warp& warp, const Touch& touch, const LinePart& part, const Segment& segment);
  void touch_lane(const Lane& at, const Touch& touch, RaceCell* cells, const Segment& segment);
  const AccessRecord* conflict(const RaceCell& cell, const AccessRecord& now, bool writes) const;
  void report(const Lane& at, const Touch& touch, const Segment& segment,
              const AccessRecord& before);
  bool same_value(const Lane& at, const Touch& touch, const Segment& segment,
                  const AccessRecord& before) const;
  void advance(Clock& clock) { clock.now = launch_.next_tick(); }
  static void acquire(Clock& clock);
  RaceLine* lines_of(const Segment& segment);

  Block& block_;
  RaceLaunch& launch_;
  std::uint32_t index_ = 0;
  std::vector<Clock> clocks_;
  struct Gathering {
    Knowledge known;
    Knowledge fenced;
  };
  std::array<Gathering, kBarrierCount> barriers_;
  std::vector<RaceLine> shared_lines_;
  CellPool shared_cells_;
  std::map<std::uint64_t, Knowledge> shared_messages_;
  std::uint64_t last_base_ = 0;
  RaceLine* last_lines_ = nullptr;
};

}  // namespace fitest::ptx
