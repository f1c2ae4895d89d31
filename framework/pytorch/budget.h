// SPDX-License-Identifier: Apache-2.0
// What a reference may use: memory and time, counted while it runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "pytorch/engine.h"

namespace fitest::pytorch {

// One per run; the run's thread finds it through current().
class Budget {
 public:
  explicit Budget(const Limits& limits);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // The innermost budget of this thread, or null outside a run.
  static Budget* current();

  // Error (Input) when the limit would be passed.
  void charge(std::size_t bytes);
  void release(std::size_t bytes) noexcept { used_ -= bytes; }
  std::size_t used() const noexcept { return used_; }

  // Error (Input) when the time is over; cheap enough to call for every statement.
  void tick() {
    if (++ticks_ % kTicksPerLook == 0) check_time();
  }
  void check_time() const;
  // Numbers the draws of random operators.
  std::uint32_t next_draw() { return draws_++; }

 private:
  static constexpr unsigned kTicksPerLook = 256;
  Limits limits_;
  std::chrono::steady_clock::time_point start_;
  std::size_t used_ = 0;
  unsigned ticks_ = 0;
  std::uint32_t draws_ = 0;
  Budget* outer_;
};

// Bytes held against the current budget for as long as this lives.
class Charge {
 public:
  Charge() = default;
  explicit Charge(std::size_t bytes) { add(bytes); }
  ~Charge();
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  void add(std::size_t bytes);

 private:
  std::size_t bytes_ = 0;
};

}  // namespace fitest::pytorch
