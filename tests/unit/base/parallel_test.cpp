// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fitest {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const std::size_t count : {0u, 1u, 2u, 7u, 1000u, 100'003u}) {
    for (const std::size_t grain : {0u, 1u, 64u, 1'000'000u}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_for(count, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const std::atomic<int>& visit : visits) ASSERT_EQ(visit, 1);
    }
  }
}

TEST(ParallelFor, PiecesAreAsLongAsTheGrain) {
  std::atomic<std::size_t> short_pieces{0};
  parallel_for(1000, 100, [&](std::size_t begin, std::size_t end) {
    if (end - begin < 100 && end != 1000) ++short_pieces;
  });
  EXPECT_EQ(short_pieces, 0u);
}

TEST(ParallelFor, RethrowsTheFirstExceptionAndGoesOnWorking) {
  const auto failing = [](std::size_t begin, std::size_t) {
    if (begin >= 500) throw std::runtime_error("at " + std::to_string(begin));
  };
  for (int i = 0; i < 20; ++i) {
    EXPECT_THROW(parallel_for(1000, 1, failing), std::runtime_error);
    std::atomic<std::size_t> sum{0};
    parallel_for(100, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
    EXPECT_EQ(sum, 100u);
  }
}

TEST(ParallelFor, NestedLoopsRunOnTheirOwnThread) {
  std::atomic<std::size_t> total{0};
  std::atomic<std::size_t> strayed{0};
  parallel_for(64, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto outer = std::this_thread::get_id();
      parallel_for(64, 1, [&](std::size_t inner_begin, std::size_t inner_end) {
        strayed += std::this_thread::get_id() == outer ? 0 : 1;
        total += inner_end - inner_begin;
      });
    }
  });
  EXPECT_EQ(total, 64u * 64u);
  EXPECT_EQ(strayed, 0u);
}

TEST(ParallelFor, LoopsOfSeveralThreadsDoNotDisturbEachOther) {
  std::atomic<std::size_t> total{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        parallel_for(100, 1, [&](std::size_t begin, std::size_t end) { total += end - begin; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, 4u * 50u * 100u);
}

TEST(ParallelFor, CallsNothingWhereThereIsNothingToDo) {
  parallel_for(0, 1, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(ThreadCount, IsPositive) {
  EXPECT_GE(thread_count(), 1u);
}

}  // namespace
}  // namespace fitest
