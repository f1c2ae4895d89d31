// SPDX-License-Identifier: Apache-2.0
// Waiting that a deadline can end.
#pragma once

#include <chrono>
#include <functional>

namespace fitest::cuda {

// Calls `done` until it holds: at once, then in a busy loop for a moment, then with sleeps that
// grow to a millisecond. False when the deadline came first.
bool poll_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done);

}  // namespace fitest::cuda
