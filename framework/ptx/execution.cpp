// SPDX-License-Identifier: Apache-2.0
#include "ptx/execution.h"

#include <fmt/format.h>

#include <bit>
#include <deque>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/parallel.h"
#include "ptx/block.h"
#include "ptx/profile.h"
#include "ptx/race.h"
#include "ptx/standstill.h"

namespace fitest::ptx {
namespace {

// Blocks of one worker that have begun; more begin while those spin.
constexpr std::size_t kResidentBytes = std::size_t{1} << 30;
// A busy block keeps its worker, and the caches, for so many runs.
constexpr int kRunsInARow = 16;
// Rounds over all blocks in which each only waits, before a worker looks for a standstill.
constexpr std::size_t kIdleRounds = 64;
// A worker whose blocks all wait for another's looks at them so often before the host may run
// others.
constexpr std::size_t kWaitsPerYield = 16;

std::uint32_t checks_of(const VirtualDeviceOptions& options) {
  return (options.check_memory ? kCheckMemory : 0) | (options.check_init ? kCheckInit : 0) |
         (options.check_race ? kCheckRace : 0) | (options.check_sync ? kCheckSync : 0);
}

}  // namespace

// The blocks that one host thread runs in turn.
class Residents {
 public:
  Residents(Execution& execution, Profile* profile) : execution_(execution), profile_(profile) {}

  bool empty() const { return active_.empty(); }
  bool full() const { return bytes_ > execution_.resident_bytes(); }
  // Every block waits for something that another worker's block does.
  bool all_idle() const { return idle_ >= active_.size(); }
  // It has been so for a while; asking again takes twice as long.
  bool suspicious() {
    if (idle_ < patience_ * active_.size()) return false;
    patience_ *= 2;
    return true;
  }
  void add_blocks(std::vector<Block*>& blocks) const {
    for (const auto& block : active_) blocks.push_back(block.get());
  }

  void begin(std::uint64_t index) {
    std::unique_ptr<Block> block;
    if (spare_) {
      block = std::move(spare_);
    } else {
      block = std::make_unique<Block>(execution_, profile_);
    }
    if (!block->start(index)) return;
    bytes_ += block->resident_bytes();
    active_.push_back(std::move(block));
  }

  // Runs the block whose turn it is. True: another block may begin, because this one ended, or
  // because it may wait for one that has not begun.
  bool run() {
    if (execution_.schedule() == ScheduleKind::Random) {
      std::swap(active_.front(), active_[execution_.numbers().below(active_.size())]);
    }
    std::unique_ptr<Block> block = std::move(active_.front());
    active_.pop_front();
    bytes_ -= block->resident_bytes();
    const BlockStatus status = block->run();
    if (status == BlockStatus::Finished || status == BlockStatus::Faulted) {
      idle_ = 0;
      spare_ = std::move(block);
      return status == BlockStatus::Finished;
    }
    bytes_ += block->resident_bytes();
    runs_ = status == BlockStatus::Idle ? kRunsInARow : runs_ + 1;
    if (execution_.schedule() == ScheduleKind::Random) runs_ = kRunsInARow;
    if (runs_ < kRunsInARow) {
      active_.push_front(std::move(block));
      return false;
    }
    runs_ = 0;
    active_.push_back(std::move(block));
    idle_ = status == BlockStatus::Idle ? idle_ + 1 : 0;
    return true;
  }

 private:
  Execution& execution_;
  Profile* profile_;
  std::deque<std::unique_ptr<Block>> active_;
  std::unique_ptr<Block> spare_;
  std::size_t bytes_ = 0;
  int runs_ = 0;
  std::size_t idle_ = 0;  // runs since a block did something
  std::size_t patience_ = kIdleRounds;
};

Execution::Execution(ExecutionSetup setup)
    : setup_(std::move(setup)),
      checks_(checks_of(*setup_.options)),
      numbers_(setup_.options->schedule.seed) {
  parameters_.data = reinterpret_cast<std::uint8_t*>(setup_.parameters.data());
  parameters_.base = kParamWindow;
  parameters_.size = setup_.program->parameter_bytes;
  parameters_.writable = false;
  if ((checks_ & kCheckRace) != 0) races_ = std::make_unique<RaceLaunch>(*setup_.program);
  if (setup_.options->profile) profile_ = std::make_unique<Profile>(*setup_.program);
}

void Execution::work() {
  std::optional<Profile> profile;
  if (profile_) profile.emplace(*setup_.program);
  run_blocks(profile ? &*profile : nullptr);
  if (!profile) return;
  const std::lock_guard lock(mutex_);
  profile_->merge(*profile);
}

// False: all blocks have begun.
bool Execution::begin_block(Residents& residents) {
  const std::uint64_t count = setup_.grid.count();
  const std::uint64_t next = next_block_.fetch_add(1);
  if (next >= count) return false;
  residents.begin(schedule() == ScheduleKind::Adversarial ? count - 1 - next : next);
  return true;
}

void Execution::run_blocks(Profile* profile) {
  Residents residents(*this, profile);
  {
    const std::lock_guard lock(workers_mutex_);
    residents_.push_back(&residents);
  }
  bool wants_more = true;
  std::size_t waits = 0;
  while (!stopped()) {
    pause_if_asked();
    if (wants_more && !residents.full() && !begin_block(residents) && residents.all_idle()) {
      if (residents.empty()) break;
      if (workers_ > 1 && ++waits % kWaitsPerYield == 0) std::this_thread::yield();
      if (residents.suspicious()) look_for_standstill(residents);
      if (stopped()) break;
    }
    if (residents.empty()) break;
    wants_more = residents.run();
  }
  const std::lock_guard lock(workers_mutex_);
  std::erase(residents_, &residents);
  workers_changed_.notify_all();
}

void Execution::pause_if_asked() {
  if (!pause_.load(std::memory_order_relaxed)) return;
  std::unique_lock lock(workers_mutex_);
  ++paused_;
  workers_changed_.notify_all();
  workers_changed_.wait(lock, [&] { return !pause_.load(); });
  --paused_;
}

void Execution::look_for_standstill(Residents& residents) {
  std::unique_lock lock(workers_mutex_);
  if (pause_.load()) return;
  pause_.store(true);
  workers_changed_.wait(lock, [&] { return paused_ + 1 == residents_.size(); });
  std::vector<Block*> blocks;
  bool all_idle = true;
  for (const Residents* others : residents_) {
    others->add_blocks(blocks);
    all_idle = all_idle && (others == &residents || others->all_idle());
  }
  if (all_idle && !blocks.empty()) {
    Standstill standstill(std::move(blocks));
    if (standstill.certain()) standstill.raise_deadlock();
  }
  pause_.store(false);
  workers_changed_.notify_all();
}

std::optional<Fault> Execution::run() {
  const std::size_t configured =
      setup_.options->threads != 0 ? setup_.options->threads : thread_count();
  workers_ = std::min<std::uint64_t>(configured, setup_.grid.count());
  if (schedule() != ScheduleKind::Fair) workers_ = 1;
  const std::size_t capacity = setup_.options->memory_bytes;
  room_ = capacity - std::min(capacity, setup_.memory->used_bytes());
  resident_bytes_ = std::min(kResidentBytes, room_ / (2 * workers_));
  parallel_for(workers_, 1, [this](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) work();
  });
  const std::vector<Fault> all = hazards();
  if (all.empty() || all.front().kind == FaultKind::BenignRace) return std::nullopt;
  return all.front();
}

std::vector<Fault> Execution::hazards() const {
  std::vector<Fault> all;
  if (fault_) all.push_back(*fault_);
  for (const bool benign : {false, true}) {
    for (const Fault& fault : hazards_) {
      if ((fault.kind == FaultKind::BenignRace) == benign) all.push_back(fault);
    }
  }
  return all;
}

void Execution::note(Fault fault) {
  const std::lock_guard lock(mutex_);
  for (Fault& known : hazards_) {
    const bool same_place = fault.source.line != 0 ? known.source.line == fault.source.line &&
                                                         known.source.file == fault.source.file
                                                   : known.ptx.line == fault.ptx.line;
    if (known.kind != fault.kind || !same_place) continue;
    ++known.count;
    return;
  }
  hazards_.push_back(std::move(fault));
}

void Execution::raise(Fault fault) {
  const std::lock_guard lock(mutex_);
  if (!fault_) fault_ = std::move(fault);
  stop_.store(true);
}

bool Execution::reserve(std::size_t bytes) {
  const std::size_t before = reserved_.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes <= room_ && before <= room_ - bytes) return true;
  give_back(bytes);
  return false;
}

void Execution::note_opcode(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  noted_.insert(index);
}

std::set<std::string> Execution::noted_opcodes() const {
  std::set<std::string> names;
  for (const std::uint32_t index : noted_) names.insert(program().opcodes[index]);
  return names;
}

void Execution::print(std::string_view text) {
  const std::lock_guard lock(mutex_);
  output_ += text;
}

Execution::~Execution() {
  for (const auto& [address, segment] : heap_) setup_.memory->release(segment);
}

std::uint64_t Execution::allocate_heap(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  try {
    Segment* segment = setup_.memory->allocate({"malloc()", bytes, Access::Workspace});
    setup_.memory->forget(*segment);
    heap_[segment->base] = segment;
    return segment->base;
  } catch (const Error&) {
    return 0;
  }
}

void Execution::free_heap(std::uint64_t address) {
  const std::lock_guard lock(mutex_);
  const auto found = heap_.find(address);
  if (found == heap_.end()) return;
  found->second->size = 0;  // another thread may be looking at it
}

bool Execution::account(std::uint64_t thread_instructions) {
  const std::uint64_t total =
      instructions_.fetch_add(thread_instructions, std::memory_order_relaxed) + thread_instructions;
  if (stopped() || total > setup_.options->instruction_budget) return false;
  return !setup_.deadline || std::chrono::steady_clock::now() < *setup_.deadline;
}

void Execution::raise_limit(Warp& warp) {
  if (stopped()) return;
  if (instructions_.load() > setup_.options->instruction_budget) {
    raise(fault_at(warp, FaultKind::BudgetExceeded,
                   fmt::format("the launch has executed more than {} thread-instructions; a loop "
                               "here most likely never ends",
                               setup_.options->instruction_budget)));
    return;
  }
  raise(fault_at(warp, FaultKind::TimeLimit,
                 "the time limit is over and the kernel still runs here"));
}

Fault fault_at(const Warp& warp, FaultKind kind, std::string message) {
  Fault fault = locate_fault(warp.execution->program(), warp.pc);
  fault.kind = kind;
  fault.message = std::move(message);
  if (warp.mask != 0) {
    fault.has_thread = true;
    fault.block = warp.block->index();
    fault.thread = warp.block->thread_position(warp.thread_index(std::countr_zero(warp.mask)));
  }
  return fault;
}

Step raise(Warp& warp, FaultKind kind, std::string message) {
  warp.execution->raise(fault_at(warp, kind, std::move(message)));
  return Step::Fault;
}

}  // namespace fitest::ptx
