// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fitest {
namespace {

TEST(ParallelTest, EveryElementIsVisitedOnce) {
  std::vector<std::atomic<int>> visits(1000);
  parallel_for(visits.size(), 7, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) ++visits[i];
  });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
}

TEST(ParallelTest, NothingToDoCallsNothing) {
  parallel_for(0, 1, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(ParallelTest, PiecesAreAtLeastTheGrain) {
  std::atomic<int> short_pieces = 0;
  parallel_for(1000, 100, [&](std::size_t begin, std::size_t end) {
    if (end - begin < 100 && end != 1000) ++short_pieces;
  });
  EXPECT_EQ(short_pieces, 0);
}

TEST(ParallelTest, AnExceptionReachesTheCaller) {
  EXPECT_THROW(parallel_for(100, 1,
                            [](std::size_t begin, std::size_t end) {
                              if (begin <= 42 && 42 < end) throw std::runtime_error("42");
                            }),
               std::runtime_error);
}

TEST(ParallelTest, ALoopInsideALoopRunsOnItsOwnThread) {
  std::atomic<int> elsewhere = 0;
  parallel_for(4, 1, [&](std::size_t, std::size_t) {
    const auto outer = std::this_thread::get_id();
    parallel_for(4, 1, [&](std::size_t, std::size_t) {
      if (std::this_thread::get_id() != outer) ++elsewhere;
    });
  });
  EXPECT_EQ(elsewhere, 0);
}

}  // namespace
}  // namespace fitest
