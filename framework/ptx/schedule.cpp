// SPDX-License-Identifier: Apache-2.0
#include "ptx/schedule.h"

#include <fmt/format.h>

#include <random>

#include "base/error.h"
#include "base/text.h"

namespace fitest::ptx {
namespace {

constexpr std::string_view kRandom = "random";

std::uint64_t draw_seed() {
  // Short enough to be typed.
  return std::random_device{}() % 1'000'000'000;
}

}  // namespace

Schedule parse_schedule(const std::string& text) {
  if (text.empty() || text == "fair") return {};
  if (text == "adversarial") return {ScheduleKind::Adversarial, 0};
  if (text == kRandom) return {ScheduleKind::Random, draw_seed()};
  if (text.starts_with("random:")) {
    const auto seed = parse_integer(text.substr(kRandom.size() + 1));
    if (seed && *seed >= 0) return {ScheduleKind::Random, static_cast<std::uint64_t>(*seed)};
    fail(ErrorKind::Usage,
         fmt::format("the schedule '{}' has no seed: expected random:N with a number N from 0",
                     text));
  }
  fail(ErrorKind::Usage,
       fmt::format("unknown schedule '{}': expected fair, random, random:SEED or adversarial",
                   text));
}

std::string to_string(const Schedule& schedule) {
  switch (schedule.kind) {
    case ScheduleKind::Random:
      return fmt::format("random:{}", schedule.seed);
    case ScheduleKind::Adversarial:
      return "adversarial";
    case ScheduleKind::Fair:
      break;
  }
  return "fair";
}

// SplitMix64, of Steele, Lea and Flood.
std::uint64_t ScheduleNumbers::below(std::uint64_t count) {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return count == 0 ? 0 : (mixed ^ (mixed >> 31)) % count;
}

}  // namespace fitest::ptx
