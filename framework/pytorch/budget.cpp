// SPDX-License-Identifier: Apache-2.0
#include "pytorch/budget.h"

#include <fmt/format.h>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

thread_local Budget* innermost = nullptr;

}  // namespace

Budget::Budget(const Limits& limits)
    : limits_(limits), start_(std::chrono::steady_clock::now()), outer_(innermost) {
  innermost = this;
}

Budget::~Budget() {
  innermost = outer_;
}

Budget* Budget::current() {
  return innermost;
}

void Budget::charge(std::size_t bytes) {
  if (bytes > limits_.memory_bytes || used_ > limits_.memory_bytes - bytes) {
    fail(
        ErrorKind::Input,
        fmt::format("the reference needs more memory than its limit: {} more bytes with {} in use, "
                    "limit {}",
                    bytes, used_, limits_.memory_bytes));
  }
  used_ += bytes;
}

void Budget::check_time() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  if (elapsed.count() <= limits_.seconds) return;
  fail(ErrorKind::Input,
       fmt::format("the reference ran longer than its limit of {} seconds", limits_.seconds));
}

Charge::~Charge() {
  if (Budget* budget = Budget::current(); budget != nullptr) budget->release(bytes_);
}

void Charge::add(std::size_t bytes) {
  Budget* budget = Budget::current();
  if (budget == nullptr) return;
  budget->charge(bytes);
  bytes_ += bytes;
}

}  // namespace fitest::pytorch
