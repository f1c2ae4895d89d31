// SPDX-License-Identifier: Apache-2.0
#include "cuda/polling.h"

#include <algorithm>
#include <thread>

namespace fitest::cuda {
namespace {

using std::chrono::microseconds;

constexpr microseconds kBusy{100};  // most kernels end within it; a sleep costs 60 us at least
constexpr microseconds kFirstSleep{20};
constexpr microseconds kLongestSleep{1000};

}  // namespace

bool poll_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done) {
  const auto start = std::chrono::steady_clock::now();
  microseconds sleep = kFirstSleep;
  while (!done()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    if (now - start < kBusy) continue;
    std::this_thread::sleep_for(sleep);
    sleep = std::min(sleep * 2, kLongestSleep);
  }
  return true;
}

}  // namespace fitest::cuda
