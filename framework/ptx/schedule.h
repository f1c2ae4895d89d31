// SPDX-License-Identifier: Apache-2.0
// In which order the virtual device runs warps and blocks, where the machine may choose.
#pragma once

#include <cstdint>
#include <string>

namespace fitest::ptx {

enum class ScheduleKind : std::uint8_t {
  Fair,         // in turn, each until it waits or has had its time
  Random,       // any, for any time: the seed replays it exactly
  Adversarial,  // the last first, each as long as it can
};

struct Schedule {
  ScheduleKind kind = ScheduleKind::Fair;
  std::uint64_t seed = 0;  // of Random
};

// "fair", "random:<seed>", "adversarial"; "random" draws a seed. Error (Usage) for other words.
Schedule parse_schedule(const std::string& text);
// What parse_schedule() makes the same of.
std::string to_string(const Schedule& schedule);

// A sequence of numbers that a seed determines.
class ScheduleNumbers {
 public:
  explicit ScheduleNumbers(std::uint64_t seed) : state_(seed) {}
  // 0 to count - 1.
  std::uint64_t below(std::uint64_t count);

 private:
  std::uint64_t state_;
};

}  // namespace fitest::ptx
