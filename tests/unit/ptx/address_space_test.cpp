// SPDX-License-Identifier: Apache-2.0
#include "ptx/address_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace fitest::ptx {
namespace {

TEST(AddressSpace, GivesEverySegmentASlotOfItsOwn) {
  AddressSpace memory(1 << 20);
  const Segment* a = memory.allocate({"a", 100, Access::Input});
  const Segment* b = memory.allocate({"b", 100, Access::Output});
  EXPECT_NE(slot_of(a->base), slot_of(b->base));
  EXPECT_EQ(memory.find(a->base + 100), a);
  EXPECT_EQ(memory.find(a->base - 1), a);
  EXPECT_EQ(memory.find(b->base + 0x1000000), b);
}

TEST(AddressSpace, KnowsNothingAtUnusedAddresses) {
  AddressSpace memory(1 << 20);
  EXPECT_EQ(memory.find(0), nullptr);
  EXPECT_EQ(memory.find(~std::uint64_t{0}), nullptr);
  EXPECT_EQ(memory.find(kSharedWindow), nullptr);
}

TEST(AddressSpace, AlignsSegmentsForEveryAccess) {
  AddressSpace memory(1 << 20);
  EXPECT_EQ(memory.allocate({"a", 3, Access::Input})->base % 256, 0);
}

TEST(AddressSpace, RefusesMoreThanItsCapacity) {
  AddressSpace memory(1000);
  memory.allocate({"first", 600, Access::Input});
  try {
    memory.allocate({"second", 600, Access::Input});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_STREQ(error.what(),
                 "the virtual device cannot allocate 600 bytes for second: 600 of its 1000 are in "
                 "use");
  }
}

TEST(AddressSpace, GivesReleasedMemoryBack) {
  AddressSpace memory(1000);
  Segment* first = memory.allocate({"first", 600, Access::Input});
  const std::uint64_t base = first->base;
  memory.release(first);
  EXPECT_EQ(memory.find(base), nullptr);
  EXPECT_EQ(memory.used_bytes(), 0);
  EXPECT_NE(memory.allocate({"second", 600, Access::Input}), nullptr);
}

TEST(AddressSpace, DoesNotReuseAnAddressSoon) {
  AddressSpace memory(1000);
  Segment* first = memory.allocate({"first", 600, Access::Input});
  const std::uint64_t base = first->base;
  memory.release(first);
  EXPECT_NE(memory.allocate({"second", 600, Access::Input})->base, base);
}

TEST(AddressSpace, CountsBytesThatNothingWrote) {
  AddressSpace memory(1000);
  Segment* segment = memory.allocate({"a", 10, Access::Output});
  EXPECT_EQ(AddressSpace::unwritten_bytes(*segment), 0);
  memory.forget(*segment);
  EXPECT_EQ(AddressSpace::unwritten_bytes(*segment), 10);
  segment->written[3] = 1;
  EXPECT_EQ(AddressSpace::unwritten_bytes(*segment), 9);
  memory.mark_written(*segment);
  EXPECT_EQ(AddressSpace::unwritten_bytes(*segment), 0);
}

}  // namespace
}  // namespace fitest::ptx
