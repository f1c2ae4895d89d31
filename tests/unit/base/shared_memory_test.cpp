// SPDX-License-Identifier: Apache-2.0
#include "base/shared_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace fitest {
namespace {

TEST(SharedMemory, WhatIsWrittenHereIsSeenThroughTheDescriptor) {
  SharedMemory memory = SharedMemory::of_size(100);
  ASSERT_EQ(memory.bytes().size(), 100U);
  memory.bytes()[99] = std::byte{7};
  char read = 0;
  ASSERT_EQ(::pread(memory.descriptor(), &read, 1, 99), 1);
  EXPECT_EQ(read, 7);
}

TEST(SharedMemory, NobodyCanResizeIt) {
  const SharedMemory memory = SharedMemory::of_size(100);
  EXPECT_NE(::ftruncate(memory.descriptor(), 10), 0);
  EXPECT_NE(::ftruncate(memory.descriptor(), 1000), 0);
}

TEST(SharedMemory, ShowsWhatAnotherFilledAndKeepsItsSize) {
  SharedMemory memory = SharedMemory::to_be_filled();
  ASSERT_EQ(::ftruncate(memory.descriptor(), 8), 0);
  const char written = 5;
  ASSERT_EQ(::pwrite(memory.descriptor(), &written, 1, 3), 1);
  const auto filled = memory.map_filled();
  ASSERT_EQ(filled.size(), 8U);
  EXPECT_EQ(filled[3], std::byte{5});
  EXPECT_NE(::ftruncate(memory.descriptor(), 0), 0);
}

TEST(SharedMemory, WhatWasNotFilledIsEmpty) {
  SharedMemory memory = SharedMemory::to_be_filled();
  EXPECT_TRUE(memory.map_filled().empty());
}

}  // namespace
}  // namespace fitest
