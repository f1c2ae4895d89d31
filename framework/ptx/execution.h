// SPDX-License-Identifier: Apache-2.0
// One launch: what all of its blocks share, and how they are spread over host threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.h"
#include "ptx/address_space.h"
#include "ptx/program.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {

struct ExecutionSetup {
  const Program* program = nullptr;
  AddressSpace* memory = nullptr;
  const VirtualDeviceOptions* options = nullptr;
  Dim3 grid;
  Dim3 block;
  std::uint32_t dynamic_shared_bytes = 0;
  std::vector<std::uint64_t> parameters;  // the kernel's parameter block
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::uint32_t sm_count = 1;
  std::uint64_t grid_workspace = 0;  // of a cooperative launch: address of its barrier
};

class Profile;
class Block;
class RaceLaunch;
class Residents;

class Execution {
 public:
  explicit Execution(ExecutionSetup setup);
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  ~Execution();

  // Runs every block; the first hard fault ends the launch. The worst that happened, if anything.
  std::optional<Fault> run();
  // Everything that happened, worst first.
  std::vector<Fault> hazards() const;
  // What all blocks did; null unless the launch is counted.
  const Profile* profile() const noexcept { return profile_.get(); }
  // Null unless races are looked for.
  RaceLaunch* races() const noexcept { return races_.get(); }

  // What the schedule leaves to chance, or to malice.
  ScheduleKind schedule() const noexcept { return setup_.options->schedule.kind; }
  ScheduleNumbers& numbers() noexcept { return numbers_; }

  const ExecutionSetup& setup() const noexcept { return setup_; }
  const Program& program() const noexcept { return *setup_.program; }
  // The kernel's parameter block.
  const Segment& parameters() const noexcept { return parameters_; }
  std::uint32_t checks() const noexcept { return checks_; }
  std::uint64_t thread_instructions() const noexcept { return instructions_.load(); }
  const std::string& output() const noexcept { return output_; }
  // Of Program::opcodes, those that were executed.
  std::set<std::string> noted_opcodes() const;

  // Called by handlers.
  void raise(Fault fault);
  // A hazard after which the kernel goes on; seen again at the same place, it is counted.
  void note(Fault fault);
  // Takes host memory for registers and stacks, which counts as the device's; false: no more is
  // left.
  bool reserve(std::size_t bytes);
  void give_back(std::size_t bytes) { reserved_.fetch_sub(bytes, std::memory_order_relaxed); }
  // What buffers leave of the device's memory.
  std::size_t room() const noexcept { return room_; }
  // Of the blocks that one host thread keeps; more begin only below it.
  std::size_t resident_bytes() const noexcept { return resident_bytes_; }
  bool stopped() const noexcept { return stop_.load(std::memory_order_relaxed); }
  void print(std::string_view text);
  void note_opcode(std::uint32_t index);
  // The device heap; 0 when there is no memory. Blocks are freed with the launch at the latest.
  std::uint64_t allocate_heap(std::uint64_t bytes);
  void free_heap(std::uint64_t address);
  // Adds to the count; false when the launch must end: a fault, the budget or the deadline.
  bool account(std::uint64_t thread_instructions);
  // The Fault of that, at the warp's place.
  void raise_limit(Warp& warp);

 private:
  void work();
  void run_blocks(Profile* profile);
  bool begin_block(Residents& residents);
  // All blocks of this worker have waited for long. Ends the launch if all others' do for good.
  void look_for_standstill(Residents& residents);
  void pause_if_asked();

  ExecutionSetup setup_;
  Segment parameters_;
  std::uint32_t checks_ = 0;
  std::size_t workers_ = 1;  // host threads
  std::size_t room_ = 0;
  std::size_t resident_bytes_ = 0;
  std::atomic<std::size_t> reserved_{0};
  std::atomic<std::uint64_t> next_block_{0};
  std::atomic<std::uint64_t> instructions_{0};
  std::atomic<bool> stop_{false};
  ScheduleNumbers numbers_;
  std::atomic<bool> pause_{false};  // a worker looks at all blocks
  std::mutex workers_mutex_;
  std::condition_variable workers_changed_;
  std::vector<Residents*> residents_;  // of the workers that run
  std::size_t paused_ = 0;
  std::mutex mutex_;
  std::optional<Fault> fault_;
  std::vector<Fault> hazards_;
  std::unique_ptr<RaceLaunch> races_;
  std::unique_ptr<Profile> profile_;
  std::string output_;
  std::map<std::uint64_t, Segment*> heap_;
  std::set<std::uint32_t> noted_;
};

// A Fault at the current instruction of the warp, of the first active lane.
Fault fault_at(const Warp& warp, FaultKind kind, std::string message);
// Raises it in the warp's execution.
Step raise(Warp& warp, FaultKind kind, std::string message);

}  // namespace fitest::ptx
