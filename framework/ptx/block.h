// SPDX-License-Identifier: Apache-2.0
// A thread block as an object that can be suspended at any instruction.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "ptx/definedness.h"
#include "ptx/exec_async.h"
#include "ptx/execution.h"
#include "ptx/warp.h"

namespace fitest::ptx {

inline constexpr int kBarrierCount = 16;  // PTX ISA, bar: a is 0 to 15

enum class BlockStatus : std::uint8_t {
  Finished,
  Suspended,  // had its time
  Idle,       // every warp waits or polls
  Faulted,
};

// How the threads of a bar.red are combined.
enum class Reduction : std::uint8_t { None, And, Or, Popc };

class Block {
 public:
  // The profile, if there is one, belongs to the block's host thread.
  Block(Execution& execution, Profile* profile);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // Makes this the block of the grid with that linear index, at its first instruction. False, with
  // a Fault raised, when the device's memory has no room for its threads.
  bool start(std::uint64_t linear_index);
  // As run(), one round, without its choices; Standstill has the rest.
  BlockStatus run_watched(bool& changes);
  std::uint64_t state() const;
  // Runs warps in turn until all are done, or each has had its time, or all only poll.
  BlockStatus run();

  std::vector<Warp>& warps() noexcept { return warps_; }
  const Dim3& index() const noexcept { return index_; }
  Dim3 thread_position(std::uint32_t thread) const;
  // %tid of a warp's lanes; axis 0 to 2.
  const std::uint32_t* thread_row(std::uint32_t warp, int axis) const {
    return thread_rows_.data() + (std::size_t{warp} * 3 + static_cast<std::size_t>(axis)) * kLanes;
  }
  Execution& execution() const noexcept { return execution_; }
  Segment& shared() noexcept { return shared_; }
  std::size_t resident_bytes() const;
  // Takes memory of the device until the block is destroyed; false when there is no more.
  bool reserve(std::size_t bytes);

  // One arrival of warp.mask at a barrier; `expected` threads complete it, 0 means all.
  struct Arrival {
    int barrier = 0;
    std::uint32_t expected = 0;
    Reduction reduction = Reduction::None;
    std::uint32_t votes = 0;  // lanes whose predicate is true
    bool blocks = true;       // false: bar.arrive
  };
  Step arrive(Warp& warp, const Op& op, const Arrival& arrival);
  void threads_exited(std::uint32_t count);
  std::vector<DeferredArrival>& deferred() noexcept { return deferred_; }

 private:
  struct Barrier {
    std::uint32_t arrived = 0;
    std::uint32_t expected = 0;  // 0: all live threads
    std::uint32_t votes = 0;
    Reduction reduction = Reduction::None;
    // The last arrival, for messages.
    std::uint32_t pc = 0;
    std::uint32_t warp = 0;
    std::uint32_t lanes = 0;
  };
  bool reserve_threads();
  // The order of a round, by the schedule.
  void order_warps();
  WarpStatus run_turn(Warp& warp);
  BlockStatus run_round(bool& progress);
  bool complete(const Barrier& barrier) const;
  void release(int index);
  void deliver(Warp& warp, std::uint32_t lanes, const Barrier& barrier);
  BlockStatus stop(Warp& warp);
  BlockStatus stuck();
  // All threads have exited: a barrier that some arrived at without waiting must be complete.
  BlockStatus finish();

  Execution& execution_;
  Dim3 index_;
  std::size_t reserved_bytes_ = 0;
  std::uint32_t thread_count_ = 0;
  std::uint32_t live_threads_ = 0;
  std::vector<Warp> warps_;
  std::vector<std::uint32_t> order_;  // of a round
  std::vector<std::uint32_t> thread_rows_;
  std::array<Barrier, kBarrierCount> barriers_{};
  Segment shared_;
  std::vector<std::uint64_t> shared_storage_;
  std::vector<std::uint8_t> shared_written_;
  std::vector<DeferredArrival> deferred_;
  std::unique_ptr<RaceBlock> races_;
  std::vector<Definedness> defined_;  // by warp
};

}  // namespace fitest::ptx
